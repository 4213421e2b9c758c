const ZERO = 0x30;
const NINE = 0x39;
const MINUS = 0x2d;
const DATE_BYTES = 10;
/** A spreadsheet keeps 15 digits of a number. */
const EXACT_DIGITS = 15;
/** 1900-03-01: before it programs count a day that never was. */
const FIRST_SERIAL = 61;
const LAST_SERIAL = 2_958_465;
/** Days from 0000-03-01 to day 0 of spreadsheets. */
const DAYS_BEFORE = 693_899;

/** True for a whole number that a spreadsheet keeps digit for digit. */
export function isExactInteger(from: Uint8Array, start: number, end: number): boolean {
  const first = from[start] === MINUS ? start + 1 : start;
  if (end - first < 1 || end - first > EXACT_DIGITS) return false;
  for (let i = first; i < end; i++) if (from[i]! < ZERO || from[i]! > NINE) return false;
  return true;
}

/** `true` or `false` as a bit, or -1. */
export function booleanOf(from: Uint8Array, start: number, end: number): number {
  if (end - start === 4 && from[start] === 0x74) return 1;
  return end - start === 5 && from[start] === 0x66 ? 0 : -1;
}

/** The number of days that a date of the form `YYYY-MM-DD` is stored as, or -1 for what is none, and for days that spreadsheets do not have. */
export function serialOf(from: Uint8Array, start: number, end: number): number {
  if (end - start !== DATE_BYTES || from[start + 4] !== MINUS || from[start + 7] !== MINUS) return -1;
  const year = digits(from, start, 4);
  const month = digits(from, start + 5, 2);
  const day = digits(from, start + 8, 2);
  if (year < 0 || month < 1 || day < 1) return -1;
  // Years begin in March, so that the leap day is their last one.
  const fromMarch = (month + 9) % 12;
  const y = month <= 2 ? year - 1 : year;
  const dayOfYear = Math.floor((153 * fromMarch + 2) / 5) + day - 1;
  const serial = 365 * y + Math.floor(y / 4) - Math.floor(y / 100) + Math.floor(y / 400) + dayOfYear - DAYS_BEFORE;
  return serial >= FIRST_SERIAL && serial <= LAST_SERIAL ? serial : -1;
}

function digits(from: Uint8Array, start: number, count: number): number {
  let number = 0;
  for (let i = start; i < start + count; i++) {
    if (from[i]! < ZERO || from[i]! > NINE) return -1;
    number = number * 10 + from[i]! - ZERO;
  }
  return number;
}
