import { finding, type Reading } from '@attune/core';
import type { DateOptions } from './date-options.js';
import { MONTH_NAMES } from './month-names.js';
import { LIKELY, NONSENSE } from './sentinels.js';

const NAME = `(${[...MONTH_NAMES, ...MONTH_NAMES.map((name) => name.slice(0, 3)), 'sept'].join('|')})`;
const YEAR = '(\\d{4}|\\d{2})';

const BASIC = /^(\d{4})(\d\d)(\d\d)$/;
const YEAR_FIRST = /^(\d{4})([-/.])(\d{1,2})\2(\d{1,2})$/;
const YEAR_LAST = /^(\d{1,2})([-/.])(\d{1,2})\2(\d{4}|\d\d)$/;
const SHORT_YEAR_FIRST = /^(\d\d)([-/.])(\d{1,2})\2(\d{1,2})$/;
const MONTH_DAY_YEAR = new RegExp(`^${NAME}\\.? +(\\d{1,2})(?:, *| +)${YEAR}$`, 'i');
const DAY_MONTH_YEAR = new RegExp(`^(\\d{1,2})(?: +${NAME}\\.? +|([-/]?)${NAME}\\3)${YEAR}$`, 'i');
const TIME = /(?:t| +)(\d{1,2}):([0-5]\d)(?::[0-5]\d(?:[.,]\d{1,9})?)?( ?[ap]m)?(?: ?(?:z|[+-]([01]\d|2[0-3])(?::?[0-5]\d)?))?$/i;

const PARTIAL = /^(\d{4})(?:[-/](\d{1,2}))?$|^(\d{1,2})[-/](\d{4})$/;

const isoOf = (yyyymmdd: number): string =>
  String(yyyymmdd)
    .padStart(8, '0')
    .replace(/^(....)(..)/, '$1-$2-');
const nonsense = new Set(NONSENSE.map(isoOf));
const likely = new Set(LIKELY.map(isoOf));

/** Year, month and day as written. */
type Parts = readonly [year: string, month: string, day: string];

/** A year, or a year and a month of two digits; undefined for anything else. */
export function readPartial(value: string): readonly [year: string, month?: string] | undefined {
  const match = PARTIAL.exec(value);
  const year = match?.[1] ?? match?.[4] ?? '';
  const month = (match?.[2] ?? match?.[3])?.padStart(2, '0');
  if (year < '1800' || year > '2200' || (month !== undefined && (month < '01' || month > '12'))) return undefined;
  return month === undefined ? [year] : [year, month];
}

export function readDate(value: string, options: DateOptions): Reading {
  const partial = readPartial(value);
  if (partial && options.incomplete === 'refused') return finding('date.incomplete');
  if (partial) return judged([partial[0], partial[1] ?? '01', '01'], options);
  return readFullDate(value, options);
}

/** A date with its day. */
export function readFullDate(value: string, options: Pick<DateOptions, 'order' | 'sentinels'>): Reading {
  const time = TIME.exec(value);
  if (time && !isHour(Number(time[1]), time[3] !== undefined)) return finding('date.invalid');
  const parts = partsOf(time ? value.slice(0, time.index) : value, options.order);
  return parts ? judged(parts, options) : finding('date.invalid');
}

function judged([year, month, day]: Parts, { sentinels }: Pick<DateOptions, 'sentinels'>): Reading {
  if (year.length === 2) return finding(isOfCalendar(2000, Number(month), Number(day)) ? 'date.ambiguous_century' : 'date.invalid');
  const iso = `${year}-${month.padStart(2, '0')}-${day.padStart(2, '0')}`;
  const isDay = isOfCalendar(Number(year), Number(month), Number(day));
  const isSentinel = nonsense.has(iso) || (sentinels === 'likely' && likely.has(iso));
  if (isSentinel) return sentinels === 'kept' && isDay ? { value: iso } : finding('date.sentinel');
  return year >= '1800' && year <= '2200' && isDay ? { value: iso } : finding('date.invalid');
}

function partsOf(value: string, order: DateOptions['order']): Parts | undefined {
  const basic = BASIC.exec(value);
  if (basic) return [basic[1]!, basic[2]!, basic[3]!];
  const yearFirst = YEAR_FIRST.exec(value) ?? (order === 'ymd' ? SHORT_YEAR_FIRST.exec(value) : null);
  if (yearFirst) return [yearFirst[1]!, yearFirst[3]!, yearFirst[4]!];
  const yearLast = order === 'ymd' ? null : YEAR_LAST.exec(value);
  if (yearLast) return order === 'mdy' ? [yearLast[4]!, yearLast[1]!, yearLast[3]!] : [yearLast[4]!, yearLast[3]!, yearLast[1]!];
  const monthFirst = MONTH_DAY_YEAR.exec(value);
  if (monthFirst) return [monthFirst[3]!, monthNumber(monthFirst[1]!), monthFirst[2]!];
  const dayFirst = DAY_MONTH_YEAR.exec(value);
  if (dayFirst) return [dayFirst[5]!, monthNumber((dayFirst[2] ?? dayFirst[4])!), dayFirst[1]!];
  return undefined;
}

function monthNumber(name: string): string {
  const start = name.slice(0, 3).toLowerCase();
  return String(MONTH_NAMES.findIndex((month) => month.startsWith(start)) + 1);
}

function isHour(hour: number, ofHalfDay: boolean): boolean {
  return ofHalfDay ? hour >= 1 && hour <= 12 : hour <= 23;
}

/** JavaScript's own calendar: an impossible day comes back as another one. */
function isOfCalendar(year: number, month: number, day: number): boolean {
  const instant = new Date(Date.UTC(2000, month - 1, day));
  // Date.UTC takes the years up to 99 for those of the last century.
  instant.setUTCFullYear(year, month - 1, day);
  return instant.getUTCMonth() === month - 1 && instant.getUTCDate() === day;
}
