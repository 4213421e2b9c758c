import type { NumberFormat } from './number-format.js';

const MS_PER_DAY = 86_400_000;
/** Days from 1970 back to day 0 of the 1900 system as it counts from March 1900 on, and to that of the 1904 system. */
const EPOCH_1900 = 25_569;
const EPOCH_1904 = 24_107;
/** 1900-02-29, a day that never was: the 1900 system counts it (ECMA-376 part 1, 18.17.4.1). */
const LEAP_FAULT = 60;
/** 9999-12-31 in the 1900 system. */
const LAST_DAY = 2_958_465;

/**
 * What a date, time or duration that is stored as a number of days stands for, as ISO 8601 text; undefined for a number that no calendar
 * has. A date without a time of day is `YYYY-MM-DD`; a time that the format does not show is told all the same. The days before 1900 that
 * the 1900 system has are told as programs show them (`1900-01-00`, `1900-02-29`), for they are no dates.
 */
export function serialText(serial: number, { date, time, duration }: NumberFormat, date1904: boolean): string | undefined {
  if (!Number.isFinite(serial) || (serial < 0 && !duration)) return undefined;
  if (duration) return durationText(serial);
  let days = Math.floor(serial);
  let ms = Math.round((serial - days) * MS_PER_DAY);
  if (ms === MS_PER_DAY) {
    days++;
    ms = 0;
  }
  if (days === 0 && !date1904 && (ms > 0 || !date)) return clock(ms);
  if (days === 0 && date1904 && !date) return clock(ms);
  if (days > (date1904 ? LAST_DAY - 1462 : LAST_DAY)) return undefined;
  const day = date1904 ? civil(days - EPOCH_1904) : dayOf1900(days);
  return time || ms > 0 ? `${day}T${clock(ms)}` : day;
}

/**
 * Writes the day of a whole number of days as `YYYY-MM-DD` to the start of `into`; false, and nothing written, for a number that
 * `serialText` has to look at. The same meaning, without a string for each of a million cells.
 */
export function writeDay(days: number, date1904: boolean, into: Uint8Array): boolean {
  if (days <= LEAP_FAULT || days > LAST_DAY - 1462) return false;
  // Days are counted from 0000-03-01, so that the leap day is the last one of a year; 719,468 of them lie before 1970.
  const z = days - (date1904 ? EPOCH_1904 : EPOCH_1900) + 719_468;
  const era = Math.floor(z / 146_097);
  const dayOfEra = z - era * 146_097;
  const yearOfEra = Math.floor(
    (dayOfEra - Math.floor(dayOfEra / 1460) + Math.floor(dayOfEra / 36_524) - Math.floor(dayOfEra / 146_096)) / 365,
  );
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const fromMarch = Math.floor((5 * dayOfYear + 2) / 153);
  const month = fromMarch < 10 ? fromMarch + 3 : fromMarch - 9;
  const year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0);
  writeTwo(Math.floor(year / 100), into, 0);
  writeTwo(year % 100, into, 2);
  into[4] = into[7] = HYPHEN;
  writeTwo(month, into, 5);
  writeTwo(dayOfYear - Math.floor((153 * fromMarch + 2) / 5) + 1, into, 8);
  return true;
}

/** Characters of a date. */
export const DAY_BYTES = 10;
const HYPHEN = 0x2d;

function writeTwo(number: number, into: Uint8Array, at: number): void {
  into[at] = 0x30 + Math.floor(number / 10);
  into[at + 1] = 0x30 + (number % 10);
}

function dayOf1900(days: number): string {
  if (days === 0) return '1900-01-00';
  if (days === LEAP_FAULT) return '1900-02-29';
  return civil(days - EPOCH_1900 + (days < LEAP_FAULT ? 1 : 0));
}

const civil = (days: number): string => new Date(days * MS_PER_DAY).toISOString().slice(0, 10);

const two = (number: number): string => String(number).padStart(2, '0');

function clock(ms: number): string {
  const seconds = Math.floor(ms / 1000);
  const rest = ms % 1000;
  const text = `${two(Math.floor(seconds / 3600))}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`;
  return rest === 0 ? text : `${text}.${String(rest).padStart(3, '0')}`;
}

/** Hours may be more than a day has, and a duration may be negative. */
function durationText(serial: number): string {
  const ms = Math.round(Math.abs(serial) * MS_PER_DAY);
  return `${serial < 0 && ms > 0 ? '-' : ''}${clock(ms)}`;
}
