import type { Draw } from '../draw.js';
import { type Row, utf8 } from '../row.js';
import { missing, texts } from './missing.js';
import type { Name } from './name.js';

const HYPHEN = 0x2d;
const DOT = 0x2e;
const AT = 0x40;
const OPEN = 0x28;
const AREA_END = utf8(') ');
const EXCHANGE = utf8('555-0');
const NO_NUMBERS = texts('call home', '000-000-0000', '123');
const BLANKS = utf8('+1 ');
const NINES = utf8('99');
const EXTENSION = utf8(' x');
const COUNTRY = utf8('1-');
const EXCHANGE_PLAIN = utf8('5550');
const EXCHANGE_DOTS = utf8('.555.0');
const EXCHANGE_BLANKS = utf8(' 555 0');

/** A telephone number of the range that is kept for fiction: exchange 555, lines 0100 to 0199. */
export function phone(draw: Draw, row: Row, area: Uint8Array): void {
  const line = 100 + draw.below(100);
  const u = draw.share();
  if (u < 0.4) row.byte(OPEN).put(area).put(AREA_END).put(EXCHANGE).digits(line);
  else if (u < 0.62) hyphens(row, area, line);
  else if (u < 0.76) row.put(area).put(EXCHANGE_PLAIN).digits(line);
  else if (u < 0.84) row.put(area).put(EXCHANGE_DOTS).digits(line);
  else if (u < 0.9) row.put(BLANKS).put(area).put(EXCHANGE_BLANKS).digits(line);
  else if (u < 0.925) hyphens(row.put(COUNTRY), area, line);
  else if (u < 0.935)
    hyphens(row, area, line)
      .put(EXTENSION)
      .digits(10 + draw.below(90));
  else if (u < 0.975) missing(draw, row);
  else noPhone(draw, row, area, line);
}

function hyphens(row: Row, area: Uint8Array, line: number): Row {
  return row.put(area).byte(HYPHEN).put(EXCHANGE).digits(line);
}

function noPhone(draw: Draw, row: Row, area: Uint8Array, line: number): void {
  const which = draw.below(5);
  if (which === 0) row.put(EXCHANGE).digits(line);
  else if (which < 4) row.put(NO_NUMBERS[which - 1]!);
  else hyphens(row, area, line).put(NINES);
}

const SITE = utf8('example');
const SITE_UPPER = utf8('EXAMPLE');
const ENDINGS = ['com', 'org', 'net'].map((ending) => ({ plain: utf8(`.${ending}`), upper: utf8(`.${ending.toUpperCase()}`) }));
/** What stands behind the user in an address that is none. */
const NO_SITES = texts('@', '', '@example', '@@example.com', ' at example.com');

/** An address of e-mail under one of the domains that are kept for examples. */
export function email(draw: Draw, row: Row, first: Name, last: Name): void {
  const u = draw.share();
  if (u < 0.06) {
    missing(draw, row);
    return;
  }
  const number = draw.below(100);
  if (u < 0.08) {
    row.put(first.mail).byte(DOT).put(last.mail).digits(number).put(draw.of(NO_SITES));
    return;
  }
  const ending = draw.of(ENDINGS);
  if (u < 0.14) row.put(first.mailUpper).byte(DOT).put(last.mailUpper).digits(number).byte(AT).put(SITE_UPPER).put(ending.upper);
  else if (u < 0.8) row.put(first.mail).byte(DOT).put(last.mail).digits(number).byte(AT).put(SITE).put(ending.plain);
  else row.put(first.mailLower).byte(DOT).put(last.mailLower).digits(number).byte(AT).put(SITE).put(ending.plain);
}
