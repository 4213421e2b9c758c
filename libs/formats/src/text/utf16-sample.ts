import { isUtf8 } from 'node:buffer';
import type { Encoding } from '@attune/core';
import { CR, LF } from './field-scanner.js';
import { Utf16Decoder } from './utf16.js';

/** Share of zero bytes at every second place that only UTF-16 of western text has. */
const ZERO_SHARE = 0.3;

/** Enough zero bytes to look closer: delimiters and line ends of a text whose letters are not Latin. */
const TELLING_ZEROS = 8;

/**
 * Tells UTF-16 without its mark by where its zero bytes lie: every ASCII character has one, always at the same place. Where they are
 * few, the bytes have to make a text with line ends in one order and not in the other.
 */
export function utf16WithoutMark(head: Uint8Array, whole: boolean): 'utf-16le' | 'utf-16be' | undefined {
  const zerosAt = [0, 0];
  for (let i = 0; i < head.length; i++) if (head[i] === 0) zerosAt[i & 1]!++;
  const most = Math.max(zerosAt[0]!, zerosAt[1]!);
  const least = Math.min(zerosAt[0]!, zerosAt[1]!);
  const encoding = zerosAt[1]! > zerosAt[0]! ? 'utf-16le' : 'utf-16be';
  if (head.length >= 8 && most > head.length * ZERO_SHARE && least < most * 0.1) return encoding;
  if (most < TELLING_ZEROS || isUtf8(head)) return undefined;
  const [little, big] = (['utf-16le', 'utf-16be'] as const).map((order) => lineEnds(decoded(head, order, whole)));
  if (little! > 0 && big === 0) return 'utf-16le';
  return big! > 0 && little === 0 ? 'utf-16be' : undefined;
}

/** A sample of UTF-16 in UTF-8, unpaired surrogates and all. `last`: the text ends with it. */
export function decoded(head: Uint8Array, encoding: 'utf-16le' | 'utf-16be', last: boolean): Uint8Array {
  const out = new Uint8Array(Math.ceil(head.length * 1.5) + 1);
  const decoder = new Utf16Decoder(encoding);
  decoder.decode(head, 0, head.length, last, out, 0);
  return out.subarray(0, decoder.written);
}

/** The sample in bytes that extend ASCII: itself, or decoded. */
export function asciiCompatible(head: Uint8Array, encoding: Encoding, last: boolean): Uint8Array {
  return encoding === 'utf-16le' || encoding === 'utf-16be' ? decoded(head, encoding, last) : head;
}

/** Line ends of a text, none where there is anything that a text does not hold. With its bytes swapped a line end is no character. */
function lineEnds(utf8: Uint8Array): number {
  if (!isUtf8(utf8) || utf8.some((byte) => byte < 0x09 || (byte > 0x0d && byte < 0x20))) return 0;
  return utf8.reduce((count, byte) => count + (byte === LF || byte === CR ? 1 : 0), 0);
}
