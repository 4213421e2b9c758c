import type { Draw } from '../draw.js';
import { MARK, type Row, utf8 } from '../row.js';
import { missing, texts } from './missing.js';

const HYPHEN = 0x2d;
const SLASH = 0x2f;
const BLANK = 0x20;
const DOT = 0x2e;
const COMMA_BLANK = utf8(', ');
const MIDNIGHT = utf8(' 00:00:00');
const MONTHS = texts('Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec');
const MONTHS_UPPER = texts('JAN', 'FEB', 'MAR', 'APR', 'MAY', 'JUN', 'JUL', 'AUG', 'SEP', 'OCT', 'NOV', 'DEC');
/** What systems write for a date that nobody knows. */
const SENTINELS = texts('0001-01-01', '9999-12-31', '00/00/0000', '12/31/9999');
const FOREVER = utf8('9999-12-31');
const FEBRUARY_30 = utf8('02/30/');
const MONTH_13 = utf8('-13-01');
const MONTH_0 = utf8('-00-10');
const UNKNOWN = utf8('unknown');

/** A day of `years` years from the first one, as hospitals write it; a dirty one may be no date at all. */
export function date(draw: Draw, row: Row, firstYear: number, years: number, dirty: boolean): void {
  const year = firstYear + draw.below(years);
  const month = 1 + draw.below(12);
  const day = 1 + draw.below(28);
  const u = draw.share();
  if (u < 0.6) iso(row, year, month, day);
  else if (u < 0.75) row.digits(month, 2).byte(SLASH).digits(day, 2).byte(SLASH).digits(year);
  else if (u < 0.82) row.digits(month).byte(SLASH).digits(day).byte(SLASH).digits(year);
  else if (u < 0.88) row.digits(year).digits(month, 2).digits(day, 2);
  else if (u < 0.92)
    row
      .mark(MARK.quoted)
      .put(MONTHS[month - 1]!)
      .byte(BLANK)
      .digits(day)
      .put(COMMA_BLANK)
      .digits(year);
  else if (u < 0.94) iso(row, year, month, day).put(MIDNIGHT);
  else if (u < 0.955)
    row
      .digits(day, 2)
      .byte(HYPHEN)
      .put(MONTHS_UPPER[month - 1]!)
      .byte(HYPHEN)
      .digits(year);
  else if (u < 0.965) iso(row.byte(BLANK), year, month, day).byte(BLANK);
  else if (!dirty || u < 0.975) missing(draw, row);
  else if (u < 0.985) row.put(draw.of(SENTINELS));
  else if (u < 0.99)
    row
      .digits(month, 2)
      .byte(SLASH)
      .digits(day, 2)
      .byte(SLASH)
      .digits(year % 100, 2);
  else noDate(draw, row, year, day);
}

/** The end of a plan: mostly open. */
export function termDate(draw: Draw, row: Row): void {
  const u = draw.share();
  if (u < 0.7) missing(draw, row);
  else if (u < 0.8) row.put(FOREVER);
  else date(draw, row, 2023, 3, false);
}

function iso(row: Row, year: number, month: number, day: number): Row {
  return row.digits(year).byte(HYPHEN).digits(month, 2).byte(HYPHEN).digits(day, 2);
}

function noDate(draw: Draw, row: Row, year: number, day: number): void {
  const which = draw.below(5);
  if (which === 0) row.put(FEBRUARY_30).digits(year);
  else if (which === 1) row.digits(year).put(MONTH_13);
  else if (which === 2) row.digits(year).put(MONTH_0);
  else if (which === 3) row.put(UNKNOWN);
  else row.digits(day).byte(DOT).digits(year);
}
