import type { Draw } from '../draw.js';
import { type Row, utf8 } from '../row.js';
import { missing } from './missing.js';

const HYPHEN = 0x2d;

/** What Luhn's sum has of the prefix 80840 and of the leading 2 (45 CFR 162.406, NPI check digit). */
const LUHN_START = 24 + 4;

/** NPIs that begin with 2 have not been issued; some have a wrong check digit. */
export function npi(draw: Draw, row: Row): void {
  const high = draw.below(10000);
  const low = draw.below(10000);
  // Of the eight digits behind the 2, every second one counts double.
  const sum = LUHN_START + luhnOf(high) + luhnOf(low);
  const check = (10 - (sum % 10)) % 10;
  const u = draw.share();
  if (u < 0.03) missing(draw, row);
  else
    row
      .digits(2)
      .digits(high, 4)
      .digits(low, 4)
      .digits(u < 0.05 ? (check + 3) % 10 : check);
}

/** Of four digits, the second and the fourth doubled. */
function luhnOf(four: number): number {
  const tens = Math.floor(four / 10);
  const hundreds = Math.floor(four / 100);
  return Math.floor(four / 1000) + doubled(hundreds % 10) + (tens % 10) + doubled(four % 10);
}

function doubled(digit: number): number {
  return digit > 4 ? digit * 2 - 9 : digit * 2;
}

const ZEROS = utf8('000-00-0000');
const MASKED = utf8('XXX-XX-');
const NINES = utf8('999999999');

/** Social security numbers of areas 900 to 998, which were never issued. */
export function ssn(draw: Draw, row: Row): void {
  const area = 900 + draw.below(99);
  const group = 1 + draw.below(99);
  const serial = 1 + draw.below(9998);
  const u = draw.share();
  if (u < 0.7) row.digits(area).byte(HYPHEN).digits(group, 2).byte(HYPHEN).digits(serial, 4);
  else if (u < 0.91) row.digits(area).digits(group, 2).digits(serial, 4);
  else if (u < 0.975) missing(draw, row);
  else noSsn(draw, row, area, group, serial);
}

function noSsn(draw: Draw, row: Row, area: number, group: number, serial: number): void {
  const which = draw.below(5);
  if (which === 0) row.put(ZEROS);
  else if (which === 1) row.put(MASKED).digits(serial, 4);
  else if (which === 2) row.put(NINES);
  else if (which === 3) row.digits(serial, 4);
  else row.digits(area).byte(HYPHEN).digits(group, 2).digits(serial, 4);
}
