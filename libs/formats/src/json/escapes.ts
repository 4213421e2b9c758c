import { BACKSLASH } from './bytes.js';
import { FAULT, MORE } from '../text/field-scanner.js';

/** What the byte behind a backslash stands for; 0 where it stands for nothing (RFC 8259, section 7). */
const SINGLE = new Uint8Array(256);
for (const [letter, meaning] of ['""', '\\\\', '//', 'b\b', 'f\f', 'n\n', 'r\r', 't\t'].map((pair) => [pair[0]!, pair[1]!] as const)) {
  SINGLE[letter.charCodeAt(0)] = meaning.charCodeAt(0);
}
const U = 0x75;

/** Four hexadecimal digits at `p`, or -1. */
function unitAt(buf: Uint8Array, p: number): number {
  let unit = 0;
  for (let i = p; i < p + 4; i++) {
    const c = buf[i]!;
    const digit = c >= 0x30 && c <= 0x39 ? c - 0x30 : (c | 0x20) >= 0x61 && (c | 0x20) <= 0x66 ? (c | 0x20) - 0x57 : -1;
    if (digit < 0) return -1;
    unit = (unit << 4) | digit;
  }
  return unit;
}

/** The offset behind the escape whose backslash is at `p`; MORE, or FAULT for none and for half of a surrogate pair. */
export function afterEscape(buf: Uint8Array, p: number, to: number): number {
  if (p + 1 >= to) return MORE;
  if (buf[p + 1] !== U) return SINGLE[buf[p + 1]!] === 0 ? FAULT : p + 2;
  const high = hexAt(buf, p + 2, to);
  if (high < 0) return high;
  if ((high & 0xf800) !== 0xd800) return p + 6;
  if (high >= 0xdc00) return FAULT;
  if (p + 6 < to && buf[p + 6] !== BACKSLASH) return FAULT;
  if (p + 7 < to && buf[p + 7] !== U) return FAULT;
  if (p + 7 >= to) return MORE;
  const low = hexAt(buf, p + 8, to);
  if (low < 0) return low;
  return (low & 0xfc00) === 0xdc00 ? p + 12 : FAULT;
}

/** Four digits that may be cut off; a wrong one is told as soon as it is seen, so that a cut changes nothing. */
function hexAt(buf: Uint8Array, p: number, to: number): number {
  if (p + 4 <= to) {
    const unit = unitAt(buf, p);
    return unit < 0 ? FAULT : unit;
  }
  for (let i = p; i < to; i++) if (!/[0-9a-fA-F]/.test(String.fromCharCode(buf[i]!))) return FAULT;
  return MORE;
}

/**
 * Writes the text of `buf[from, to)`, whose escapes are sound, to `out` from `at` on in UTF-8; returns where it ends. It may be written
 * over itself: no escape is shorter than what it stands for. `points`: the code point of every byte, where the text is not UTF-8.
 */
export function unescape(buf: Uint8Array, from: number, to: number, out: Uint8Array, at: number, points?: Uint16Array): number {
  for (let p = from; p < to;) {
    const c = buf[p]!;
    if (c !== BACKSLASH) {
      if (c < 0x80 || points === undefined) out[at++] = c;
      else at = writePoint(points[c]!, out, at);
      p++;
    } else if (buf[p + 1] !== U) {
      out[at++] = SINGLE[buf[p + 1]!]!;
      p += 2;
    } else {
      let point = unitAt(buf, p + 2);
      p += 6;
      if ((point & 0xfc00) === 0xd800) {
        point = 0x10000 + ((point & 0x3ff) << 10) + (unitAt(buf, p + 2) & 0x3ff);
        p += 6;
      }
      at = writePoint(point, out, at);
    }
  }
  return at;
}

/** Writes one character in UTF-8 and returns where it ends. */
export function writePoint(point: number, out: Uint8Array, at: number): number {
  if (point < 0x80) {
    out[at++] = point;
    return at;
  }
  if (point < 0x800) {
    out[at++] = 0xc0 | (point >> 6);
  } else {
    if (point < 0x10000) {
      out[at++] = 0xe0 | (point >> 12);
    } else {
      out[at++] = 0xf0 | (point >> 18);
      out[at++] = 0x80 | ((point >> 12) & 0x3f);
    }
    out[at++] = 0x80 | ((point >> 6) & 0x3f);
  }
  out[at++] = 0x80 | (point & 0x3f);
  return at;
}
