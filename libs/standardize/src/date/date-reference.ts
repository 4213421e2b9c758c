import { finding, type Reading } from '@attune/core';
import type { DateOptions } from './date-options.js';
import { MONTH_NAMES } from './month-names.js';

const NAME = `(${[...MONTH_NAMES, ...MONTH_NAMES.map((name) => name.slice(0, 3)), 'sept'].join('|')})`;
const YEAR = '(\\d{4}|\\d{2})';

const BASIC = /^(\d{4})(\d\d)(\d\d)$/;
const YEAR_FIRST = /^(\d{4})([-/.])(\d{1,2})\2(\d{1,2})$/;
const YEAR_LAST = /^(\d{1,2})([-/.])(\d{1,2})\2(\d{4}|\d\d)$/;
const SHORT_YEAR_FIRST = /^(\d\d)([-/.])(\d{1,2})\2(\d{1,2})$/;
const MONTH_DAY_YEAR = new RegExp(`^${NAME}\\.? +(\\d{1,2})(?:, *| +)${YEAR}$`, 'i');
const DAY_MONTH_YEAR = new RegExp(`^(\\d{1,2})(?: +${NAME}\\.? +|([-/]?)${NAME}\\3)${YEAR}$`, 'i');
const TIME = /(?:t| +)(\d{1,2}):([0-5]\d)(?::[0-5]\d(?:[.,]\d{1,9})?)?( ?[ap]m)?(?: ?(?:z|[+-]([01]\d|2[0-3])(?::?[0-5]\d)?))?$/i;

const SENTINELS = new Set(['0000-00-00', '0001-01-01', '1111-11-11', '1800-01-01', '9999-12-31', '9999-99-99']);

/** Year, month and day as written. */
type Parts = readonly [year: string, month: string, day: string];

export function readDate(value: string, { order }: DateOptions): Reading {
  const time = TIME.exec(value);
  if (time && !isHour(Number(time[1]), time[3] !== undefined)) return finding('date.invalid');
  const parts = partsOf(time ? value.slice(0, time.index) : value, order);
  if (!parts) return finding('date.invalid');
  const [year, month, day] = parts;
  if (year.length === 2) return finding(isOfCalendar(2000, Number(month), Number(day)) ? 'date.ambiguous_century' : 'date.invalid');
  const iso = `${year}-${month.padStart(2, '0')}-${day.padStart(2, '0')}`;
  if (SENTINELS.has(iso)) return finding('date.sentinel');
  const inRange = year >= '1800' && year <= '2200';
  return inRange && isOfCalendar(Number(year), Number(month), Number(day)) ? { value: iso } : finding('date.invalid');
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
  const instant = new Date(Date.UTC(year, month - 1, day));
  return instant.getUTCMonth() === month - 1 && instant.getUTCDate() === day;
}
