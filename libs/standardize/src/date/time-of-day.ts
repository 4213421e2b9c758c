import { COLON, COMMA, DOT, MINUS, PLUS, SPACE, digitsEnd, lower, numberOf } from '../ascii/bytes.js';

const LETTER_A = 0x61;
const LETTER_M = 0x6d;
const LETTER_P = 0x70;
const LETTER_T = 0x74;
const LETTER_Z = 0x7a;

/**
 * The end of the time of day behind a date, or -1: `T` or blanks, `h:mm[:ss[.fraction]]`, `AM` or `PM`, `Z` or an offset from UTC.
 * Hours 0 to 23, with AM and PM 1 to 12; no leap second; an offset of less than a day.
 */
export function timeEnd(buf: Uint8Array, i: number, end: number): number {
  let hour = i;
  while (hour < end && buf[hour] === SPACE) hour++;
  if (hour === i && lower(buf[hour]!) === LETTER_T) hour++;
  const hourEnd = digitsEnd(buf, hour, end);
  if (hour === i || hourEnd === hour || hourEnd - hour > 2) return -1;
  const clockEnd = minutesAndSecondsEnd(buf, hourEnd, end);
  if (clockEnd < 0) return -1;
  const halfEnd = halfOfDayEnd(buf, clockEnd, end);
  const hours = numberOf(buf, hour, hourEnd);
  if (halfEnd === clockEnd ? hours > 23 : hours < 1 || hours > 12) return -1;
  return halfEnd === end ? end : zoneEnd(buf, halfEnd, end);
}

/** `:05`, `:05:59`, `:05:59.123` */
function minutesAndSecondsEnd(buf: Uint8Array, i: number, end: number): number {
  const minutes = sixtiethEnd(buf, i, end);
  if (minutes < 0 || minutes === end || buf[minutes] !== COLON) return minutes;
  const seconds = sixtiethEnd(buf, minutes, end);
  if (seconds < 0 || seconds === end || (buf[seconds] !== DOT && buf[seconds] !== COMMA)) return seconds;
  const fraction = digitsEnd(buf, seconds + 1, end);
  return fraction === seconds + 1 || fraction - seconds > 10 ? -1 : fraction;
}

/** A colon and two digits up to 59. */
function sixtiethEnd(buf: Uint8Array, i: number, end: number): number {
  if (i === end || buf[i] !== COLON || digitsEnd(buf, i + 1, end) !== i + 3) return -1;
  return numberOf(buf, i + 1, i + 3) > 59 ? -1 : i + 3;
}

/** Behind `AM` or `PM`, or `i` when there is none. */
function halfOfDayEnd(buf: Uint8Array, i: number, end: number): number {
  const half = i < end && buf[i] === SPACE ? i + 1 : i;
  if (half + 2 > end || lower(buf[half + 1]!) !== LETTER_M) return i;
  const first = lower(buf[half]!);
  return first === LETTER_A || first === LETTER_P ? half + 2 : i;
}

/** Behind `Z`, `+02`, `+0200` or `+02:00`, or -1. */
function zoneEnd(buf: Uint8Array, i: number, end: number): number {
  const zone = buf[i] === SPACE ? i + 1 : i;
  if (zone === end) return -1;
  if (lower(buf[zone]!) === LETTER_Z) return zone + 1;
  if (buf[zone] !== PLUS && buf[zone] !== MINUS) return -1;
  const digits = digitsEnd(buf, zone + 1, end);
  if (digits - zone !== 3 && digits - zone !== 5) return -1;
  if (numberOf(buf, zone + 1, zone + 3) > 23) return -1;
  if (digits - zone === 5) return numberOf(buf, zone + 3, digits) > 59 ? -1 : digits;
  return digits < end && buf[digits] === COLON ? sixtiethEnd(buf, digits, end) : digits;
}
