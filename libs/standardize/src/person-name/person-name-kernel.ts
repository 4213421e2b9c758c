import type { Kernel } from '@attune/core';
import { COMMA, DOT, SPACE, copyBytes, isDigit, isLetter } from '../ascii/bytes.js';
import { Dictionary } from '../ascii/dictionary.js';
import { lowerOf, upperOf } from '../folding/case-table.js';
import { foldAgain, foldText } from '../folding/fold-text.js';
import { codePointAt, codePointLength, writeCodePoint } from '../folding/utf8.js';
import { FIXED_FORMS, PARTICLES } from './special-words.js';

const fixedForms = new Dictionary(FIXED_FORMS);
const particles = new Dictionary(PARTICLES.map((word) => [word, word]));

const INVISIBLE = -1;
const APOSTROPHE = 0x27;
const CAPITAL_M = 0x4d;
const SMALL_C = 0x63;
const SMALL_SIGMA = 0x3c3;
const FINAL_SIGMA = 0x3c2;

/** Works in place on `out`: no letter of the other case has more bytes, so the place written never overtakes the place read. */
export const personNameKernel: Kernel = (buf, start, end, out, at) => {
  const nameEnd = foldText(buf, start, end, out, at);
  if (nameEnd === at) return INVISIBLE;
  if (!isOfOneCase(out, at, nameEnd)) return nameEnd;
  let write = at;
  let i = at;
  while (i < nameEnd) {
    let wordEnd = i;
    while (wordEnd < nameEnd && out[wordEnd] !== SPACE) wordEnd++;
    write = writeWord(out, i, wordEnd, write, i > at && wordEnd < nameEnd);
    if (wordEnd < nameEnd) out[write++] = SPACE;
    i = wordEnd + 1;
  }
  return foldAgain(out, at, write);
};

/** True when there are letters with case and all of them are capitals, or all of them small. */
function isOfOneCase(buf: Uint8Array, i: number, end: number): boolean {
  let capitals = false;
  let smalls = false;
  while (i < end) {
    const length = codePointLength(buf, i, end);
    const code = codePointAt(buf, i, length);
    if (lowerOf(code) !== code) capitals = true;
    else if (upperOf(code) !== code) smalls = true;
    if (capitals && smalls) return false;
    i += length;
  }
  return capitals || smalls;
}

function writeWord(out: Uint8Array, start: number, end: number, write: number, between: boolean): number {
  let core = end;
  while (core > start && (out[core - 1] === DOT || out[core - 1] === COMMA)) core--;
  const fixed = fixedForms.write(out, start, core, out, write);
  if (fixed >= 0) return copyBytes(out, core, end, out, fixed);
  const particle = between ? particles.write(out, start, end, out, write) : -1;
  return particle >= 0 ? particle : capitalise(out, start, end, write);
}

/** Capitalises the parts of the word; `letters` counts those of the part so far. */
function capitalise(out: Uint8Array, i: number, end: number, write: number): number {
  let letters = 0;
  let isMc = false;
  let last = 0;
  while (i < end) {
    const length = codePointLength(out, i, end);
    const code = codePointAt(out, i, length);
    const apostrophe = code === APOSTROPHE;
    if (apostrophe || !isOfWord(code)) {
      if (letters > 1) write = closePart(out, write, last);
      if (!apostrophe || letters < 2) letters = 0;
      last = 0;
      write = copyBytes(out, i, i + length, out, write);
    } else {
      const written: number = letters === 0 || (letters === 2 && isMc) ? upperOf(code) : lowerOf(code);
      if (letters === 0) isMc = written === CAPITAL_M;
      else if (letters === 1) isMc &&= written === SMALL_C;
      write = written === code ? copyBytes(out, i, i + length, out, write) : writeCodePoint(written, out, write);
      last = written;
      letters++;
    }
    i += length;
  }
  return letters > 1 ? closePart(out, write, last) : write;
}

/** In Greek a small sigma at the end has a form of its own. */
function closePart(out: Uint8Array, write: number, last: number): number {
  return last === SMALL_SIGMA ? writeCodePoint(FINAL_SIGMA, out, write - 2) : write;
}

/** Letters, digits and marks; beyond ASCII everything but signs and punctuation. */
function isOfWord(code: number): boolean {
  if (code < 0x80) return isLetter(code) || isDigit(code);
  if (code < 0x2000) return code >= 0xc0 && code !== 0xd7 && code !== 0xf7;
  return code > 0x206f && !(code >= 0x3000 && code <= 0x303f);
}
