import type { Kernel } from '@attune/core';
import { AT_SIGN, DOT, MINUS, isDigit, isLetter, lower } from '../ascii/bytes.js';
import { isDeceptive } from '../folding/deceptive.js';
import { codePointAt, codePointLength } from '../folding/utf8.js';

const INVALID = -1;

const LOCAL = 1;
const DOMAIN = 2;
/** What each byte below 0x80 may be part of; `atext` of RFC 5322 for the local part. */
const ALLOWED = new Uint8Array(128);
for (const byte of new TextEncoder().encode("!#$%&'*+/=?^_`{|}~")) ALLOWED[byte] = LOCAL;
for (let byte = 0; byte < 128; byte++) if (isDigit(byte) || isLetter(byte) || byte === MINUS) ALLOWED[byte] = LOCAL | DOMAIN;

export const emailKernel: Kernel = (buf, start, end, out, at) => {
  if (end - start > 254) return INVALID;
  let localEnd = start;
  while (localEnd < end && buf[localEnd] !== AT_SIGN) localEnd++;
  if (localEnd === end || localEnd - start > 64 || !isLocalPart(buf, start, localEnd) || !isDomain(buf, localEnd + 1, end)) return INVALID;
  for (let i = start; i < end; i++) out[at++] = lower(buf[i]!);
  return at;
};

function isLocalPart(buf: Uint8Array, start: number, end: number): boolean {
  for (let i = start; ;) {
    const atomEnd = allowedEnd(buf, i, end, LOCAL);
    if (atomEnd === i) return false;
    if (atomEnd === end) return true;
    if (buf[atomEnd] !== DOT) return false;
    i = atomEnd + 1;
  }
}

function isDomain(buf: Uint8Array, start: number, end: number): boolean {
  for (let i = start; ;) {
    const labelEnd = allowedEnd(buf, i, end, DOMAIN);
    if (labelEnd === i || labelEnd - i > 63 || buf[i] === MINUS || buf[labelEnd - 1] === MINUS) return false;
    if (labelEnd === end) return i > start && isTopLevel(buf, i, end);
    if (buf[labelEnd] !== DOT) return false;
    i = labelEnd + 1;
  }
}

/** Two characters or more, all of them letters; or the ASCII form of a name in another script. */
function isTopLevel(buf: Uint8Array, start: number, end: number): boolean {
  let characters = 0;
  let letters = true;
  for (let i = start; i < end; i++) {
    const byte = buf[i]!;
    if (byte < 0x80 && !isLetter(byte)) letters = false;
    if (byte < 0x80 || byte >= 0xc0) characters++;
  }
  return letters ? characters >= 2 : startsWithXn(buf, start, end);
}

function startsWithXn(buf: Uint8Array, i: number, end: number): boolean {
  return end - i > 4 && lower(buf[i]!) === 0x78 && lower(buf[i + 1]!) === 0x6e && buf[i + 2] === MINUS && buf[i + 3] === MINUS;
}

/** The first place in [i, end) whose character may not be part of `what`. */
function allowedEnd(buf: Uint8Array, i: number, end: number, what: number): number {
  while (i < end) {
    const byte = buf[i]!;
    if (byte < 0x80) {
      if ((ALLOWED[byte]! & what) === 0) return i;
      i++;
    } else {
      const length = codePointLength(buf, i, end);
      if (isDeceptive(codePointAt(buf, i, length))) return i;
      i += length;
    }
  }
  return i;
}
