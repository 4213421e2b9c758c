import { SPACE } from '../ascii/bytes.js';
import { spaceLength } from '../clean/space.js';
import { composedOf } from './composition.js';
import { codePointAt, codePointLength, writeCodePoint } from './utf8.js';

const APOSTROPHE = 0x27;
const HYPHEN = 0x2d;
const GRAVE = 0x60;
/** From a full-width form to its character of ASCII. */
const FULL_WIDTH = 0xfee0;
const INVISIBLE = -1;

/**
 * Writes [start, end) from `at` in the one form of everything that has several forms and one meaning, and returns the new end:
 * white space as single blanks and none at the ends; full-width forms as ASCII; hyphens, the en dash and the minus sign as `-`;
 * apostrophes and accents that stand for one as `'`; letter and combining mark as one letter where Unicode has it; soft hyphens, zero
 * width blanks and marks of the direction of writing not at all. The result is never longer than the value, and may be empty.
 */
export function foldText(buf: Uint8Array, start: number, end: number, out: Uint8Array, at: number): number {
  let to = at;
  let last = SPACE;
  let lastAt = at;
  for (let i = start; i < end;) {
    const byte = buf[i]!;
    if (byte > SPACE && byte < 0x80 && byte !== GRAVE) {
      lastAt = to;
      last = out[to++] = byte;
      i++;
      continue;
    }
    const space = spaceLength(buf, i, end);
    if (space > 0) {
      if (last !== SPACE) out[to++] = last = SPACE;
      i += space;
      continue;
    }
    const length = codePointLength(buf, i, end);
    const received = length === 1 ? byte : codePointAt(buf, i, length);
    const code = length === 1 && received >= 0x80 ? received : foldedCode(received);
    i += length;
    if (code === INVISIBLE) continue;
    const composed = length === 1 ? 0 : composedOf(last, code);
    if (composed > 0) to = lastAt;
    lastAt = to;
    last = composed > 0 ? composed : code;
    if (composed > 0 || code !== received) {
      to = writeCodePoint(last, out, to);
    } else {
      for (let k = i - length; k < i; k++) out[to++] = buf[k]!;
      // A byte that is no character does not take part in anything.
      if (length === 1 && received >= 0x80) last = -1;
    }
  }
  return last === SPACE && to > at ? to - 1 : to;
}

/**
 * Folds [at, end) in place and returns the new end: in other letters, marks may compose that did not before. Nothing is done to ASCII.
 */
export function foldAgain(out: Uint8Array, at: number, end: number): number {
  for (let i = at; i < end; i++) if (out[i]! >= 0x80) return foldText(out, at, end, out, at);
  return end;
}

/** The code point that stands for `code`, or `INVISIBLE`. */
function foldedCode(code: number): number {
  if (code < 0x80) return code === GRAVE ? APOSTROPHE : code;
  if (code < 0x2000) {
    if (code === 0xb4 || code === 0x2bc) return APOSTROPHE;
    return code === 0xad || code === 0x61c || code === 0x180e ? INVISIBLE : code;
  }
  if (code <= 0x2069) return foldedPunctuation(code);
  if (code === 0x2212 || code === 0xfe63) return HYPHEN;
  if (code < 0xff01 || code > 0xff5e) return code;
  return code === FULL_WIDTH + GRAVE ? APOSTROPHE : code - FULL_WIDTH;
}

/** U+2000 to U+2069. */
function foldedPunctuation(code: number): number {
  if (code >= 0x2010 && code <= 0x2013) return HYPHEN;
  if (code === 0x2018 || code === 0x2019 || code === 0x201b || code === 0x2032) return APOSTROPHE;
  if (code === 0x200b || code === 0x200e || code === 0x200f) return INVISIBLE;
  if ((code >= 0x202a && code <= 0x202e) || (code >= 0x2060 && code !== 0x2065)) return INVISIBLE;
  return code;
}
