import { lower, lowerText } from '../ascii/bytes.js';

/**
 * Texts that mean "no value" unless the plan has its own list; small letters, compared whatever the case of A to Z.
 * `null` and `none` stay in the list although people bear these names: database exports write them far more often, and who has
 * such a patient gives a plan without them. Not in the list, because they are values: `na` (Korean family name, ISO code of
 * Namibia), `nan` (given name), `nil` (family name), `unknown` (a code of sex).
 */
export const DEFAULT_NULL_TOKENS: readonly string[] = [
  '',
  'n/a',
  '#n/a',
  'null',
  '(null)',
  '<null>',
  '\\n',
  'none',
  '-',
  '--',
  '---',
  '.',
  '?',
];

/** The null tokens of one plan as bytes. */
export class NullTokens {
  readonly #byLength: (readonly Uint8Array[])[] = [];

  constructor(tokens: readonly string[]) {
    const encoder = new TextEncoder();
    for (const token of new Set(tokens.map(lowerText))) {
      const bytes = encoder.encode(token);
      while (this.#byLength.length <= bytes.length) this.#byLength.push([]);
      this.#byLength[bytes.length] = [...this.#byLength[bytes.length]!, bytes];
    }
  }

  /** Whether [start, end) is a null token; an empty value always is. */
  has(buf: Uint8Array, start: number, end: number): boolean {
    const length = end - start;
    if (length === 0) return true;
    if (length >= this.#byLength.length) return false;
    const tokens = this.#byLength[length]!;
    for (let t = 0; t < tokens.length; t++) if (equals(tokens[t]!, buf, start)) return true;
    return false;
  }
}

function equals(token: Uint8Array, buf: Uint8Array, start: number): boolean {
  for (let i = 0; i < token.length; i++) if (token[i] !== lower(buf[start + i]!)) return false;
  return true;
}
