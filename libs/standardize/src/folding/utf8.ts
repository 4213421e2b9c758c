/** Length in bytes of the code point at `i`; 1 for a byte that begins none or a code point that `end` cuts. */
export function codePointLength(buf: Uint8Array, i: number, end: number): number {
  const first = buf[i]!;
  const length = first < 0xc2 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : first < 0xf5 ? 4 : 1;
  return i + length <= end ? length : 1;
}

/** The code point of `length` bytes at `i`. */
export function codePointAt(buf: Uint8Array, i: number, length: number): number {
  const first = buf[i]!;
  switch (length) {
    case 2:
      return ((first & 0x1f) << 6) | (buf[i + 1]! & 0x3f);
    case 3:
      return ((first & 0x0f) << 12) | ((buf[i + 1]! & 0x3f) << 6) | (buf[i + 2]! & 0x3f);
    case 4:
      return ((first & 0x07) << 18) | ((buf[i + 1]! & 0x3f) << 12) | ((buf[i + 2]! & 0x3f) << 6) | (buf[i + 3]! & 0x3f);
    default:
      return first;
  }
}

/** Writes a code point below U+10000 from `at` and returns the new end. */
export function writeCodePoint(code: number, out: Uint8Array, at: number): number {
  if (code < 0x80) {
    out[at++] = code;
  } else if (code < 0x800) {
    out[at++] = 0xc0 | (code >> 6);
    out[at++] = 0x80 | (code & 0x3f);
  } else {
    out[at++] = 0xe0 | (code >> 12);
    out[at++] = 0x80 | ((code >> 6) & 0x3f);
    out[at++] = 0x80 | (code & 0x3f);
  }
  return at;
}
