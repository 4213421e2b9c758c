import { isLetter } from '../ascii/bytes.js';
import { AMBIGUOUS_SUBTAGS, LANGUAGE_SUBTAGS, REPLACED_SUBTAGS } from './language-codes.data.js';

const LETTER_BITS = 5;
const LETTER_MASK = 0x1f;
/** Small letters of ASCII are their number in the alphabet plus this. */
const SMALL = 0x60;

/** What the table says of two or three letters that are no subtag, and of those that may mean two languages. */
export const NO_SUBTAG = 0;
export const AMBIGUOUS_SUBTAG = 0xffff;

/** Two or three letters as a number, whatever their case; 0 for anything else. */
export function packLetters(buf: Uint8Array, i: number, end: number): number {
  const length = end - i;
  if (length !== 2 && length !== 3) return 0;
  let packed = 0;
  for (let k = 0; k < 3; k++) {
    if (k < length && !isLetter(buf[i + k]!)) return 0;
    packed = (packed << LETTER_BITS) | (k < length ? buf[i + k]! & LETTER_MASK : 0);
  }
  return packed;
}

/** Writes packed letters as small letters from `at` and returns the new end. */
export function writeLetters(packed: number, out: Uint8Array, at: number): number {
  out[at++] = SMALL + (packed >> (2 * LETTER_BITS));
  out[at++] = SMALL + ((packed >> LETTER_BITS) & LETTER_MASK);
  const third = packed & LETTER_MASK;
  if (third !== 0) out[at++] = SMALL + third;
  return at;
}

const words = (text: string): readonly string[] => text.split(/\s+/).filter((word) => word !== '');
export const liveSubtags = words(LANGUAGE_SUBTAGS);
export const replacedSubtags = words(REPLACED_SUBTAGS).map((pair) => pair.split(':') as [string, string]);
export const ambiguousSubtags = words(AMBIGUOUS_SUBTAGS);

/** The same of a text of two or three small letters; behind its end there is NaN, which packs as 0. */
const pack = (letters: string): number =>
  ((letters.charCodeAt(0) & LETTER_MASK) << (2 * LETTER_BITS)) |
  ((letters.charCodeAt(1) & LETTER_MASK) << LETTER_BITS) |
  (letters.charCodeAt(2) & LETTER_MASK);

/** For the packed letters of every code of a language those of its subtag, or one of the two answers above. */
export function subtagTable(codes: 'iso' | 'mixed'): Uint16Array {
  const table = new Uint16Array(1 << (3 * LETTER_BITS));
  for (const subtag of liveSubtags) {
    const packed = pack(subtag);
    table[packed] = packed;
  }
  for (const [code, subtag] of replacedSubtags) table[pack(code)] = pack(subtag);
  if (codes === 'mixed') for (const code of ambiguousSubtags) table[pack(code)] = AMBIGUOUS_SUBTAG;
  return table;
}
