/** Number of 32-bit lanes of a record's hash: two independent hashes of 64 bits. */
export const HASH_LANES = 4;

/** Writes the hash of `buf[start, end)` to `lanes[at .. at + 4)`. The fourth lane belongs to the second hash with the third. */
export type RecordHash = (buf: Uint8Array, start: number, end: number, lanes: Int32Array, at: number) => void;

/** Four bytes at a time through four multipliers; each step is a bijection of the lane, so no difference can be lost on the way. */
export const recordHash: RecordHash = (buf, start, end, lanes, at) => {
  let a = 0x9e3779b9 | 0;
  let b = 0x243f6a88;
  let c = 0xb7e15162 | 0;
  let d = 0x6a09e667;
  const whole = start + ((end - start) & ~3);
  let i = start;
  for (; i < whole; i += 4) {
    const word = buf[i]! | (buf[i + 1]! << 8) | (buf[i + 2]! << 16) | (buf[i + 3]! << 24);
    a = Math.imul(a ^ word, 0x85ebca6b);
    a ^= a >>> 15;
    b = Math.imul(b ^ word, 0xc2b2ae35);
    b ^= b >>> 13;
    c = Math.imul(c ^ word, 0x27d4eb2f);
    c ^= c >>> 16;
    d = Math.imul(d ^ word, 0x165667b1);
    d ^= d >>> 14;
  }
  let tail = end - start;
  for (; i < end; i++) tail = (Math.imul(tail, 257) + buf[i]!) | 0;
  lanes[at] = finish(a ^ tail);
  lanes[at + 1] = finish(b ^ Math.imul(tail, 0x9e3779b1));
  lanes[at + 2] = finish(c ^ Math.imul(tail, 0x85ebca77));
  lanes[at + 3] = finish(d ^ Math.imul(tail, 0xc2b2ae3d));
};

function finish(lane: number): number {
  let h = Math.imul(lane ^ (lane >>> 16), 0x7feb352d);
  h = Math.imul(h ^ (h >>> 15), 0x846ca68b);
  return h ^ (h >>> 16);
}
