import type { Kernel } from '@attune/core';
import { DOT, MINUS, SLASH, SPACE, ZERO, isDigit, isLetter, upper } from '../ascii/bytes.js';
import type { MrnOptions } from './mrn-options.js';

const INVALID = -1;
const PLACEHOLDER = -2;
const MOST_BYTES = 64;
/** So many equal digits, and nothing else, are what people type where they have no number. */
const FEWEST_EQUAL = 6;

const isSeparator = (byte: number): boolean => byte === MINUS || byte === SPACE || byte === DOT || byte === SLASH;
const isPart = (byte: number): boolean => isDigit(byte) || isLetter(byte);

export function mrnKernel({ zeros, letters, separators }: MrnOptions): Kernel {
  return (buf, start, end, out, at) => {
    if (!isWellFormed(buf, start, end)) return INVALID;
    if (isPlaceholder(buf, start, end)) return PLACEHOLDER;
    let stop = at;
    for (let i = start; i < end; i++) {
      const byte = buf[i]!;
      if (isSeparator(byte) && separators === 'drop') continue;
      out[stop++] = letters === 'upper' ? upper(byte) : byte;
    }
    return zeros === 'drop' ? withoutLeadingZeros(out, at, stop) : stop;
  };
}

/** Letters, digits and single separators between them; at least one digit. */
function isWellFormed(buf: Uint8Array, start: number, end: number): boolean {
  if (end - start > MOST_BYTES || !isPart(buf[start]!) || !isPart(buf[end - 1]!)) return false;
  let digits = 0;
  for (let i = start; i < end; i++) {
    if (isDigit(buf[i]!)) digits++;
    else if (!isLetter(buf[i]!) && !(isSeparator(buf[i]!) && isPart(buf[i + 1]!))) return false;
  }
  return digits > 0;
}

/** Whether all digits are zero, or whether it is nothing but one digit many times. */
function isPlaceholder(buf: Uint8Array, start: number, end: number): boolean {
  let first = -1;
  let count = 0;
  let equal = true;
  let zero = true;
  for (let i = start; i < end; i++) {
    const byte = buf[i]!;
    if (isSeparator(byte)) continue;
    if (first < 0) first = byte;
    if (isDigit(byte) && byte !== ZERO) zero = false;
    if (byte !== first || !isDigit(byte)) equal = false;
    count++;
  }
  return zero || (equal && count >= FEWEST_EQUAL);
}

/** Moves what follows the zeros to the front; a zero before a separator stays, for there a group of digits would vanish. */
function withoutLeadingZeros(out: Uint8Array, at: number, stop: number): number {
  let from = at;
  while (from + 1 < stop && out[from] === ZERO && isPart(out[from + 1]!)) from++;
  out.copyWithin(at, from, stop);
  return stop - (from - at);
}
