import type { Kernel } from '@attune/core';
import { DOT, SPACE, copyBytes, isLetter } from '../ascii/bytes.js';
import { Dictionary } from '../ascii/dictionary.js';
import { foldAgain, foldText } from '../folding/fold-text.js';
import { writeCapitals } from '../folding/write-capitals.js';
import { SPELLED_OUT, type CityOptions } from './city-options.js';

const INVALID = -1;
/** Bytes of the longest word that is spelled out. */
const LONGEST = 3;
const spelledOut = new Dictionary(SPELLED_OUT);

export const cityKernel = ({ letters }: CityOptions): Kernel => {
  let scratch = new Uint8Array(256);
  return (buf, start, end, out, at) => {
    if (scratch.length < end - start) scratch = new Uint8Array(2 * (end - start));
    const stop = withoutDots(scratch, foldText(buf, start, end, scratch, 0));
    if (!holdsLetter(scratch, stop)) return INVALID;
    let write = at;
    for (let i = 0; i < stop;) {
      let wordEnd = i;
      while (wordEnd < stop && scratch[wordEnd] !== SPACE) wordEnd++;
      const spelled = wordEnd < stop && wordEnd - i <= LONGEST ? spelledOut.write(scratch, i, wordEnd, out, write) : -1;
      write = spelled < 0 ? copyBytes(scratch, i, wordEnd, out, write) : spelled;
      if (wordEnd < stop) out[write++] = SPACE;
      i = wordEnd + 1;
    }
    return foldAgain(out, at, letters === 'upper' ? writeCapitals(out, at, write, out, at) : write);
  };
};

/** Takes the dots out of [0, end), and a blank that is left over; returns the new end. */
function withoutDots(buf: Uint8Array, end: number): number {
  let to = 0;
  for (let i = 0; i < end; i++) {
    const byte = buf[i]!;
    if (byte !== DOT && !(byte === SPACE && (to === 0 || buf[to - 1] === SPACE))) buf[to++] = byte;
  }
  return to > 0 && buf[to - 1] === SPACE ? to - 1 : to;
}

/** A letter of ASCII, or anything beyond it. */
function holdsLetter(buf: Uint8Array, end: number): boolean {
  for (let i = 0; i < end; i++) if (buf[i]! >= 0x80 || isLetter(buf[i]!)) return true;
  return false;
}
