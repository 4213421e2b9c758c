import type { Draw } from '../draw.js';
import { MARK, type Row } from '../row.js';
import { missing, texts } from './missing.js';

const DOT = 0x2e;
const COMMA = 0x2c;
const DOLLAR = 0x24;
const MINUS = 0x2d;
const OPEN = 0x28;
const CLOSE = 0x29;
const NINE = 0x39;
const NO_AMOUNTS = texts('1e3', 'free', '$');

/** An amount of dollars below `most`: with or without currency, grouping, cents; negative with a sign or in parentheses. */
export function amount(draw: Draw, row: Row, most: number): void {
  const whole = draw.below(most);
  const cents = draw.below(100);
  const u = draw.share();
  if (u < 0.02) missing(draw, row);
  else if (u < 0.6) plain(row, whole, cents);
  else if (u < 0.85) grouped(row.mark(whole < 1000 ? MARK.plain : MARK.quoted).byte(DOLLAR), whole, cents);
  else if (u < 0.9) grouped(row.mark(MARK.quoted), whole, cents);
  else if (u < 0.94) plain(row.byte(OPEN), whole, cents).byte(CLOSE);
  else if (u < 0.97) plain(row.byte(MINUS), whole, cents);
  else if (u < 0.99) row.digits(whole);
  else {
    const which = draw.below(4);
    if (which === 0) plain(row, whole, cents).byte(NINE);
    else row.put(NO_AMOUNTS[which - 1]!);
  }
}

function plain(row: Row, whole: number, cents: number): Row {
  return row.digits(whole).byte(DOT).digits(cents, 2);
}

function grouped(row: Row, whole: number, cents: number): void {
  if (whole < 1000) plain(row, whole, cents);
  else {
    const thousands = Math.floor(whole / 1000);
    const rest = whole - thousands * 1000;
    row.digits(thousands).byte(COMMA).digits(rest, 3).byte(DOT).digits(cents, 2);
  }
}
