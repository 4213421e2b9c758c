import { DECIMAL_PLACES, DECIMAL_UNIT, MAX_NUMBER } from '../limits.js';
import { dayNumber, isDay } from '../syntax/calendar.js';

const BLANK = 0x20;
const MINUS = 0x2d;
const PLUS = 0x2b;
const DOT = 0x2e;
const SLASH = 0x2f;
const ZERO = 0x30;

const isDigit = (byte: number | undefined): boolean => byte !== undefined && byte >= ZERO && byte <= 0x39;

/** Digits before and behind the point, in millionths or as a whole number; NaN for anything else, or what is beyond the limits. */
export function readNumber(buf: Uint8Array, start: number, end: number, whole: boolean): number {
  let i = start;
  let last = end;
  while (i < last && buf[i] === BLANK) i++;
  while (last > i && buf[last - 1] === BLANK) last--;
  const negative = i < last && buf[i] === MINUS;
  if (negative || (i < last && buf[i] === PLUS)) i++;
  const first = i;
  let size = 0;
  for (; i < last && isDigit(buf[i]); i++) if (size <= MAX_NUMBER) size = size * 10 + buf[i]! - ZERO;
  let digits = i - first;
  if (!whole) {
    if (size > MAX_NUMBER / DECIMAL_UNIT) size = Number.POSITIVE_INFINITY;
    if (i < last && buf[i] === DOT) i++;
    const point = i;
    for (; i < last && isDigit(buf[i]) && i - point < DECIMAL_PLACES; i++) size = size * 10 + buf[i]! - ZERO;
    const places = i - point;
    const up = i < last && isDigit(buf[i]) && buf[i]! >= ZERO + 5;
    while (i < last && isDigit(buf[i])) i++;
    digits += i - point;
    size = size * 10 ** (DECIMAL_PLACES - places) + (up ? 1 : 0);
  }
  if (i !== last || digits === 0 || size > MAX_NUMBER) return Number.NaN;
  return negative && size !== 0 ? -size : size;
}

/** The number of at most `most` digits that ends at a place; -1 where there are none or more. */
function shortNumber(buf: Uint8Array, start: number, end: number, least: number, most: number): number {
  if (end - start < least || end - start > most) return -1;
  let value = 0;
  for (let i = start; i < end; i++) {
    if (!isDigit(buf[i])) return -1;
    value = value * 10 + buf[i]! - ZERO;
  }
  return value;
}

export type DateOrder = 'iso' | 'ymd' | 'mdy' | 'dmy';

const isSeparator = (byte: number | undefined): boolean => byte === MINUS || byte === SLASH || byte === DOT;

/** Where the next separator is, or the end. */
function separatorAfter(buf: Uint8Array, start: number, end: number): number {
  let i = start;
  while (i < end && !isSeparator(buf[i])) i++;
  return i;
}

const dayOf = (year: number, month: number, day: number): number => (isDay(year, month, day) ? dayNumber(year, month, day) : Number.NaN);

/** The day that a text writes as yyyy-mm-dd, or with an order as three numbers, the year first or as it says; NaN for anything else. */
export function readDate(buf: Uint8Array, start: number, end: number, order: DateOrder): number {
  const first = separatorAfter(buf, start, end);
  const second = separatorAfter(buf, first + 1, end);
  if (first >= end || second >= end) return Number.NaN;
  if (first - start === 4) {
    if (order !== 'ymd' && (buf[first] !== MINUS || buf[second] !== MINUS)) return Number.NaN;
    const least = order === 'iso' ? 2 : 1;
    const year = shortNumber(buf, start, first, 4, 4);
    return dayOf(year, shortNumber(buf, first + 1, second, least, 2), shortNumber(buf, second + 1, end, least, 2));
  }
  if (order === 'iso' || order === 'ymd') return Number.NaN;
  const a = shortNumber(buf, start, first, 1, 2);
  const b = shortNumber(buf, first + 1, second, 1, 2);
  const year = shortNumber(buf, second + 1, end, 4, 4);
  return order === 'mdy' ? dayOf(year, a, b) : dayOf(year, b, a);
}
