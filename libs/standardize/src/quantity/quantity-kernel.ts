import type { Kernel } from '@attune/core';
import { COMMA, DOT, MINUS, PLUS, SPACE, ZERO, copyBytes, digitsEnd } from '../ascii/bytes.js';
import { copySignificantDigits, groupedDigitsEnd } from '../ascii/grouped-digits.js';
import { unitReader } from '../unit/unit.js';
import { MOST_DIGITS, type QuantityOptions } from './quantity-options.js';

const INVALID = -1;
const UNIT_MISSING = -2;
const UNIT_UNKNOWN = -3;
const LESS = 0x3c;
const EQUALS = 0x3d;
const GREATER = 0x3e;

export const quantityKernel = ({ unit }: QuantityOptions): Kernel => {
  const units = unitReader.kernel('ucum');
  const assumed = new TextEncoder().encode(unit ?? '');
  return (buf, start, end, out, at) => {
    const comparatorEnd = writeComparator(buf, start, end, out, at);
    const first = comparatorEnd === at ? start : behindComparator(buf, start, end);
    const negative = first < end && buf[first] === MINUS;
    const whole = negative || (first < end && buf[first] === PLUS) ? first + 1 : first;
    const wholeEnd = groupedDigitsEnd(buf, whole, end);
    if (wholeEnd < 0) return INVALID;
    const fraction = wholeEnd < end && buf[wholeEnd] === DOT ? wholeEnd + 1 : wholeEnd;
    const fractionEnd = fraction === wholeEnd ? fraction : digitsEnd(buf, fraction, end);
    if (wholeEnd === whole && fractionEnd === fraction) return INVALID;
    if (digitCount(buf, whole, wholeEnd) + fractionEnd - fraction > MOST_DIGITS) return INVALID;
    let stop = writeNumber(buf, negative, whole, wholeEnd, fraction, fractionEnd, out, comparatorEnd);
    let from = fractionEnd;
    while (from < end && buf[from] === SPACE) from++;
    out[stop++] = SPACE;
    if (from === end) return assumed.length === 0 ? UNIT_MISSING : units(assumed, 0, assumed.length, out, stop);
    stop = units(buf, from, end, out, stop);
    return stop < 0 ? UNIT_UNKNOWN : stop;
  };
};

/** Writes `<`, `<=`, `>` or `>=` where the value begins so and returns the new end. */
function writeComparator(buf: Uint8Array, i: number, end: number, out: Uint8Array, at: number): number {
  if (i === end) return at;
  const byte = buf[i]!;
  // U+2264 and U+2265 are E2 89 A4 and E2 89 A5.
  const last = i + 2 < end && byte === 0xe2 && buf[i + 1] === 0x89 ? buf[i + 2]! : 0;
  if (last === 0xa4 || last === 0xa5) {
    out[at] = last === 0xa4 ? LESS : GREATER;
    out[at + 1] = EQUALS;
    return at + 2;
  }
  if (byte !== LESS && byte !== GREATER) return at;
  out[at++] = byte;
  if (i + 1 < end && buf[i + 1] === EQUALS) out[at++] = EQUALS;
  return at;
}

/** Where the number begins behind the comparator at `i` and blanks. */
function behindComparator(buf: Uint8Array, i: number, end: number): number {
  i += buf[i]! >= 0x80 ? 3 : i + 1 < end && buf[i + 1] === EQUALS ? 2 : 1;
  while (i < end && buf[i] === SPACE) i++;
  return i;
}

/** Digits of [i, end), without commas and leading zeros. */
function digitCount(buf: Uint8Array, i: number, end: number): number {
  let count = 0;
  for (; i < end; i++) if (buf[i] !== COMMA && (count > 0 || buf[i] !== ZERO)) count++;
  return count;
}

function writeNumber(
  buf: Uint8Array,
  negative: boolean,
  whole: number,
  wholeEnd: number,
  fraction: number,
  fractionEnd: number,
  out: Uint8Array,
  at: number,
): number {
  let significant = fraction;
  while (significant < fractionEnd && buf[significant] === ZERO) significant++;
  if (negative && (digitCount(buf, whole, wholeEnd) > 0 || significant < fractionEnd)) out[at++] = MINUS;
  const digits = at;
  at = copySignificantDigits(buf, whole, wholeEnd, out, at);
  if (at === digits) out[at++] = ZERO;
  if (fraction === fractionEnd) return at;
  out[at++] = DOT;
  return copyBytes(buf, fraction, fractionEnd, out, at);
}
