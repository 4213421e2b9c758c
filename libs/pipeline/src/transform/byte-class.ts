/** Bits per byte: what a scan over a value has to know of it. */
export const SPECIAL_BYTE = 1;
export const CONTROL_BYTE = 2;

/**
 * SPECIAL_BYTE: a value may hold it only inside quotes; a number sign as well, since DuckDB's writer quotes it. CONTROL_BYTE: it is, or may
 * begin, a control character (U+0000-U+001F, U+007F-U+009F).
 */
export const BYTE_CLASS = new Uint8Array(256);
for (let byte = 0; byte < 0x20; byte++) BYTE_CLASS[byte] = CONTROL_BYTE;
BYTE_CLASS[0x7f] = CONTROL_BYTE;
BYTE_CLASS[0xc2] = CONTROL_BYTE;
for (const byte of [0x2c, 0x22, 0x0a, 0x0d, 0x23]) BYTE_CLASS[byte]! |= SPECIAL_BYTE;

/** Where the hash of a value begins. */
export const HASH_START = 0x811c9dc5 | 0;

/** Mixes four bytes, least significant first, into the hash of a value; each step is a bijection of the hash. */
export function mixWord(hash: number, word: number): number {
  const mixed = Math.imul(hash ^ word, 0x85ebca6b);
  return mixed ^ (mixed >>> 15);
}

/** The hash of `buf[start, end)`: its length, its words, and its last bytes one by one. */
export function hashOf(buf: Uint8Array, start: number, end: number): number {
  let hash = HASH_START ^ (end - start);
  let i = start;
  for (const last = end - 3; i < last; i += 4)
    hash = mixWord(hash, buf[i]! | (buf[i + 1]! << 8) | (buf[i + 2]! << 16) | (buf[i + 3]! << 24));
  for (; i < end; i++) hash = mixWord(hash, buf[i]!);
  return hash;
}
