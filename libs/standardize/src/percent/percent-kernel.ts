import type { Kernel } from '@attune/core';
import { DOT, MINUS, PLUS, SPACE, ZERO, copyBytes, digitsEnd } from '../ascii/bytes.js';
import { Dictionary } from '../ascii/dictionary.js';
import { MOST_DIGITS, type PercentOptions } from './percent-options.js';

const INVALID = -1;
const UNMARKED = -2;
const signs = new Dictionary([
  ['%', '%'],
  ['percent', '%'],
  ['pct', '%'],
  ['pct.', '%'],
]);

export const percentKernel = ({ unmarked }: PercentOptions): Kernel => {
  const word = new Uint8Array(1);
  return (buf, start, end, out, at) => {
    const negative = start < end && buf[start] === MINUS;
    let whole = negative || (start < end && buf[start] === PLUS) ? start + 1 : start;
    const wholeEnd = digitsEnd(buf, whole, end);
    const fraction = wholeEnd < end && buf[wholeEnd] === DOT ? wholeEnd + 1 : wholeEnd;
    const fractionEnd = digitsEnd(buf, fraction, end);
    if (wholeEnd - whole + fractionEnd - fraction === 0) return INVALID;
    let sign = fractionEnd;
    while (sign < end && buf[sign] === SPACE) sign++;
    const isMarked = sign < end;
    if (isMarked && signs.write(buf, sign, end, word, 0) < 0) return INVALID;
    if (!isMarked && unmarked === 'refused') return UNMARKED;
    while (whole < wholeEnd && buf[whole] === ZERO) whole++;
    if (wholeEnd - whole + fractionEnd - fraction > MOST_DIGITS) return INVALID;
    const shift = !isMarked && unmarked === 'fraction' ? 2 : 0;
    let significant = fraction;
    while (significant < fractionEnd && buf[significant] === ZERO) significant++;
    if (negative && (whole < wholeEnd || significant < fractionEnd)) out[at++] = MINUS;
    return writeShifted(buf, whole, wholeEnd, fraction, fractionEnd, shift, out, at);
  };
};

/** Writes the number with its point `shift` places further right; zeros fill the places that the fraction lacks. */
function writeShifted(
  buf: Uint8Array,
  whole: number,
  wholeEnd: number,
  fraction: number,
  fractionEnd: number,
  shift: number,
  out: Uint8Array,
  at: number,
): number {
  const first = at;
  at = copyBytes(buf, whole, wholeEnd, out, at);
  for (; shift > 0; shift--) {
    const digit = fraction < fractionEnd ? buf[fraction++]! : ZERO;
    if (at > first || digit !== ZERO) out[at++] = digit;
  }
  if (at === first) out[at++] = ZERO;
  if (fraction >= fractionEnd) return at;
  out[at++] = DOT;
  return copyBytes(buf, fraction, fractionEnd, out, at);
}
