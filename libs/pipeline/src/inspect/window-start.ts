import type { Encoding } from '@attune/core';

const LF = 0x0a;
const CR = 0x0d;

/** Offset after the first line end of a window that begins anywhere, be it within a character; its length when there is none. */
export function firstLineStart(window: Uint8Array, encoding: Encoding): number {
  if (encoding === 'utf-16le' || encoding === 'utf-16be') return firstWideLineStart(window, encoding);
  for (let i = 0; i < window.length; i += 1) {
    if (window[i] === LF) return i + 1;
    if (window[i] === CR) return window[i + 1] === LF ? i + 2 : i + 1;
  }
  return window.length;
}

function firstWideLineStart(window: Uint8Array, encoding: 'utf-16le' | 'utf-16be'): number {
  const high = encoding === 'utf-16le' ? 1 : 0;
  const unit = (at: number): number => (at + 1 < window.length ? (window[at + high]! << 8) | window[at + 1 - high]! : -1);
  const ascii = (from: number): number => {
    let count = 0;
    for (let at = from; at + 1 < window.length; at += 2) if (unit(at) < 0x80) count += 1;
    return count;
  };
  // Delimiters, digits and line ends are ASCII only where the window is cut between its code units.
  for (let at = ascii(1) > ascii(0) ? 1 : 0; at + 1 < window.length; at += 2) {
    if (unit(at) === LF) return at + 2;
    if (unit(at) === CR) return unit(at + 2) === LF ? at + 4 : at + 2;
  }
  return window.length;
}
