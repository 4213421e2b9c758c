import { FAULT, MORE } from '../text/field-scanner.js';

export const NULL = 0x6e;

const WORDS: ReadonlyMap<number, Uint8Array> = new Map(
  ['null', 'true', 'false'].map((word) => [word.charCodeAt(0), new TextEncoder().encode(word)] as const),
);

/** The offset after `true`, `false` or `null` at `p`; MORE or FAULT. What follows is for the caller to judge. */
export function afterWord(buf: Uint8Array, p: number, to: number): number {
  const word = WORDS.get(buf[p]!);
  if (word === undefined) return FAULT;
  for (let i = 1; i < word.length; i++) {
    if (p + i >= to) return MORE;
    if (buf[p + i] !== word[i]) return FAULT;
  }
  return p + word.length;
}

const isDigit = (byte: number | undefined): boolean => byte !== undefined && byte >= 0x30 && byte <= 0x39;

/** The offset after the number at `p` (RFC 8259, section 6); MORE while it may go on, FAULT where none begins. */
export function afterNumber(buf: Uint8Array, start: number, to: number): number {
  let p = start;
  if (buf[p] === 0x2d) p++;
  if (p >= to) return MORE;
  if (buf[p] === 0x30) p++;
  else p = afterDigits(buf, p, to);
  if (p < 0) return p;
  if (p < to && buf[p] === 0x2e) p = afterDigits(buf, p + 1, to);
  if (p < 0) return p;
  if (p < to && (buf[p]! | 0x20) === 0x65) {
    p++;
    if (p < to && (buf[p] === 0x2b || buf[p] === 0x2d)) p++;
    p = afterDigits(buf, p, to);
  }
  return p >= to ? MORE : p;
}

/** At least one digit. */
function afterDigits(buf: Uint8Array, start: number, to: number): number {
  let p = start;
  while (p < to && isDigit(buf[p])) p++;
  if (p >= to) return MORE;
  return p === start ? FAULT : p;
}
