import type { Kernel } from '@attune/core';
import { CLOSE, COLON, COMMA, DOT, MINUS, OPEN, PLUS, SLASH, SPACE, ZERO, copyBytes, digitsEnd, isDigit, lower } from '../ascii/bytes.js';
import type { PhoneOptions } from './phone-options.js';

const INVALID = -1;
const EXTENSION = -2;
const ONE = ZERO + 1;
const TWO = ZERO + 2;
const EQUALS = 0x3d;
const SEMICOLON = 0x3b;
const MOST_DIGITS = 15;
const EXT = new TextEncoder().encode(';ext=');

/** Words that begin an extension; the longer ones first, because `ext` begins them all. */
const EXTENSION_WORDS = ['extension', 'ext.', 'ext', 'x', '#'].map((word) => new TextEncoder().encode(word));

export function phoneKernel({ extension }: PhoneOptions): Kernel {
  const digits = new Uint8Array(MOST_DIGITS);
  return (buf, start, end, out, at) => {
    const international = start < end && buf[start] === PLUS;
    let count = 0;
    let numberEnd = international ? start + 1 : start;
    let trunkZero = false;
    if (numberEnd === end || (buf[numberEnd] !== OPEN && !isDigit(buf[numberEnd]!))) return INVALID;
    for (let i = numberEnd; i < end; i++) {
      const byte = buf[i]!;
      if (isDigit(byte)) {
        if (count === MOST_DIGITS) return INVALID;
        if (byte === ZERO && buf[i - 1] === OPEN && i > start) trunkZero = true;
        digits[count++] = byte;
        numberEnd = i + 1;
      } else if (!isPunctuation(byte)) {
        break;
      }
    }
    const first = isNational(digits, count, international);
    if (first < 0 && !(international && isForeign(digits, count) && !trunkZero)) return INVALID;
    const dialled = numberEnd < end ? extensionStart(buf, numberEnd, end) : end;
    if (dialled < 0) return INVALID;
    if (dialled < end && extension === 'refused') return EXTENSION;
    out[at++] = PLUS;
    if (first >= 0) out[at++] = ONE;
    const stop = copyBytes(digits, Math.max(0, first), count, out, at);
    if (dialled === end || extension === 'dropped') return stop;
    return copyBytes(buf, dialled, end, out, copyBytes(EXT, 0, EXT.length, out, stop));
  };
}

/** Where the area code of a North American number begins in the digits, or -1. */
function isNational(digits: Uint8Array, count: number, international: boolean): number {
  const first = count === 11 && digits[0] === ONE ? 1 : 0;
  if (count - first !== 10 || (international && first === 0)) return -1;
  if (digits[first]! < TWO || digits[first + 3]! < TWO) return -1;
  return digits[first + 1] === ONE && digits[first + 2] === ONE ? -1 : first;
}

function isForeign(digits: Uint8Array, count: number): boolean {
  return count >= 8 && digits[0]! >= TWO;
}

function isPunctuation(byte: number): boolean {
  return byte === SPACE || byte === MINUS || byte === DOT || byte === SLASH || byte === OPEN || byte === CLOSE;
}

/** Where the digits begin in [i, end), when it is blanks or commas, a word for extension, and up to seven digits; else -1. */
function extensionStart(buf: Uint8Array, i: number, end: number): number {
  while (i < end && (buf[i] === SPACE || buf[i] === COMMA || buf[i] === SEMICOLON)) i++;
  for (let w = 0; w < EXTENSION_WORDS.length; w++) {
    const word = EXTENSION_WORDS[w]!;
    if (!startsWith(buf, i, end, word)) continue;
    let digits = i + word.length;
    while (digits < end && (buf[digits] === SPACE || buf[digits] === DOT || buf[digits] === COLON || buf[digits] === EQUALS)) digits++;
    const digitsStop = digitsEnd(buf, digits, end);
    return digitsStop === end && digitsStop > digits && digitsStop - digits <= 7 ? digits : -1;
  }
  return -1;
}

function startsWith(buf: Uint8Array, i: number, end: number, word: Uint8Array): boolean {
  if (end - i < word.length) return false;
  for (let k = 0; k < word.length; k++) if (lower(buf[i + k]!) !== word[k]) return false;
  return true;
}
