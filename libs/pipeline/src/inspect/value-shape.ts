import { VALUE_SHAPES, type ValueShape } from '@attune/core';

const INDEX = Object.fromEntries(VALUE_SHAPES.map((shape, at) => [shape, at])) as Readonly<Record<ValueShape, number>>;

const HYPHEN = 0x2d;
const DOT = 0x2e;
const SLASH = 0x2f;
const APOSTROPHE = 0x27;
const SPACE = 0x20;
const COMMA = 0x2c;
const AT = 0x40;
const UNDERSCORE = 0x5f;
const PLUS = 0x2b;
const UUID_LENGTH = 36;
const SHORTEST_DATE = 8;

const isDigit = (byte: number): boolean => byte >= 0x30 && byte <= 0x39;
/** Bytes beyond ASCII count as letters: names are written in every script. */
const isLetter = (byte: number): boolean => (byte >= 0x41 && byte <= 0x5a) || (byte >= 0x61 && byte <= 0x7a) || byte >= 0x80;
const isHex = (byte: number): boolean => isDigit(byte) || (byte >= 0x41 && byte <= 0x46) || (byte >= 0x61 && byte <= 0x66);

function isUuid(buf: Uint8Array, from: number, to: number): boolean {
  if (to - from !== UUID_LENGTH) return false;
  for (let i = 0; i < UUID_LENGTH; i += 1) {
    const dash = i === 8 || i === 13 || i === 18 || i === 23;
    if (dash ? buf[from + i] !== HYPHEN : !isHex(buf[from + i]!)) return false;
  }
  return true;
}

function digitsFrom(buf: Uint8Array, at: number, to: number): number {
  let end = at;
  while (end < to && isDigit(buf[end]!)) end += 1;
  return end - at;
}

/** Three numbers, or two and a word for the month, with one kind of separator, a year of four digits among them; a time may follow. */
function isDate(buf: Uint8Array, from: number, to: number): boolean {
  if (to - from < SHORTEST_DATE) return false;
  const first = digitsFrom(buf, from, to);
  const separator = buf[from + first];
  if (first !== 4 && first !== 1 && first !== 2) return false;
  if (separator !== HYPHEN && separator !== SLASH && separator !== DOT && separator !== SPACE) return false;
  let at = from + first + 1;
  const month = at;
  while (at < to && (isDigit(buf[at]!) || (separator !== DOT && isLetter(buf[at]!)))) at += 1;
  const length = at - month;
  if (length < 1 || length > 3 || buf[at] !== separator) return false;
  const last = digitsFrom(buf, at + 1, to);
  if (first === 4 ? last !== 1 && last !== 2 : last !== 4) return false;
  const end = at + 1 + last;
  return end === to || buf[end] === SPACE || buf[end] === 0x54;
}

/** Bytes of each kind in one value, and where the words of a name would be cut. */
class Tally {
  digits = 0;
  letters = 0;
  spaces = 0;
  commas = 0;
  dots = 0;
  ats = 0;
  signs = 0;
  others = 0;
  afterComma = 0;

  count(buf: Uint8Array, from: number, to: number): void {
    this.digits = this.letters = this.spaces = this.commas = this.dots = this.ats = this.signs = this.others = 0;
    this.afterComma = 0;
    let comma = -1;
    for (let i = from; i < to; i += 1) {
      const byte = buf[i]!;
      if (isDigit(byte)) this.digits += 1;
      else if (isLetter(byte)) this.letters += 1;
      else if (byte === SPACE) {
        this.spaces += 1;
        if (comma >= 0 && i > comma + 1 && i < to - 1) this.afterComma += 1;
      } else if (byte === COMMA) {
        this.commas += 1;
        comma = i;
      } else if (byte === DOT) this.dots += 1;
      else if (byte === AT) this.ats += 1;
      else if (byte === PLUS || byte === UNDERSCORE || byte === SLASH) this.signs += 1;
      else if (byte !== HYPHEN && byte !== APOSTROPHE) this.others += 1;
    }
  }
}

const tally = new Tally();

function wordShape(buf: Uint8Array, from: number, to: number): ValueShape {
  const { commas, spaces, afterComma } = tally;
  if (commas === 1) return afterComma === 0 && buf[from] !== COMMA && buf[to - 1] !== COMMA ? 'last_comma_first' : 'text';
  if (commas > 1) return 'text';
  return spaces === 0 ? 'word' : spaces === 1 ? 'two_words' : 'words';
}

/**
 * Index in `VALUE_SHAPES` of the shape of a clean value, the bytes `buf[from, to)`; `from < to`. Allocates nothing.
 */
export function shapeOf(buf: Uint8Array, from: number, to: number): number {
  tally.count(buf, from, to);
  const { digits, letters, spaces, commas, dots, ats, signs, others } = tally;
  const length = to - from;
  if (digits === length) return INDEX.digits;
  if (isUuid(buf, from, to)) return INDEX.uuid;
  if (isDate(buf, from, to)) return INDEX.date;
  const signed = buf[from] === HYPHEN || buf[from] === PLUS ? 1 : 0;
  if (digits > 0 && dots <= 1 && digits + dots + commas + signed === length) return INDEX.number;
  if (ats === 1 && dots > 0 && letters > 0 && spaces === 0 && commas === 0) return INDEX.email;
  if (digits === 0 && letters > 0 && signs + ats + others === 0) return INDEX[wordShape(buf, from, to)];
  // Numbers of things: urn:uuid:…, Patient/17, MRN#0042.
  return spaces === 0 && commas === 0 && letters + digits > 0 ? INDEX.code : INDEX.text;
}
