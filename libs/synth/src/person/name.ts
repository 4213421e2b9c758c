import type { Draw } from '../draw.js';
import { MARK, type Row, utf8 } from '../row.js';
import { FIRST_NAMES, LAST_NAMES } from './people.data.js';
import { missing } from './missing.js';

/** A name in all the forms in which it is ever written; made once, because changing the case of a text is slow. */
export interface Name {
  readonly plain: Uint8Array;
  readonly upper: Uint8Array;
  readonly lower: Uint8Array;
  /** With a control character in it. */
  readonly torn: Uint8Array;
  readonly initial: Uint8Array;
  /** As in an address of e-mail: letters of ASCII only. */
  readonly mail: Uint8Array;
  readonly mailUpper: Uint8Array;
  readonly mailLower: Uint8Array;
}

export function nameOf(text: string): Name {
  const mail = text.normalize('NFD').replace(/[^A-Za-z]/g, '');
  return {
    plain: utf8(text),
    upper: utf8(text.toUpperCase()),
    lower: utf8(text.toLowerCase()),
    torn: utf8(`${text.slice(0, 2)}\x01${text.slice(2)}`),
    initial: utf8(text.slice(0, 1)),
    mail: utf8(mail),
    mailUpper: utf8(mail.toUpperCase()),
    mailLower: utf8(mail.toLowerCase()),
  };
}

export const FIRST: readonly Name[] = FIRST_NAMES.map(nameOf);
export const LAST: readonly Name[] = LAST_NAMES.map(nameOf);

const BLANK = 0x20;
const HYPHEN = 0x2d;
const JUNIOR = utf8(', Jr.');
const NULL_SHARE = 0.008;

/** A name as typed: capitals, blanks, a control character, or nothing. */
export function typedName(draw: Draw, row: Row, name: Name): void {
  const u = draw.share();
  if (u < NULL_SHARE) missing(draw, row);
  else if (u < 0.12) row.put(name.upper);
  else if (u < 0.18) row.put(name.lower);
  else if (u < 0.21) row.byte(BLANK).put(name.plain);
  else if (u < 0.24) row.put(name.plain).byte(BLANK).byte(BLANK);
  else row.put(u < 0.2412 ? name.torn : name.plain);
}

/** A last name, sometimes a double one or with a suffix behind a comma. */
export function lastName(draw: Draw, row: Row, name: Name): void {
  const u = draw.share();
  if (u < 0.04) row.put(name.plain).byte(HYPHEN).put(draw.of(LAST).plain);
  else if (u < 0.045) row.mark(MARK.quoted).put(name.plain).put(JUNIOR);
  else typedName(draw, row, name);
}

export function middleName(draw: Draw, row: Row): void {
  if (draw.share() < 0.45) missing(draw, row);
  else if (draw.share() < 0.7) row.put(draw.of(FIRST).initial);
  else row.put(draw.of(FIRST).plain);
}
