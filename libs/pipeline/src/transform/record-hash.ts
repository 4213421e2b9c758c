/** Number of 32-bit lanes of a record's hash: two independent hashes of 64 bits. */
export const HASH_LANES = 4;

/** Writes the hash of a record to `lanes[at .. at + 4)`; `hashes[c]` is that of its value in column c, and only the given columns count. */
export type RecordHash = (hashes: Int32Array, columns: Int32Array, lanes: Int32Array, at: number) => void;

/** Each step is a bijection of the lane, and the order of the columns counts, so ("ab", "c") is not ("a", "bc"). */
export const recordHash: RecordHash = (hashes, columns, lanes, at) => {
  let a = 0x9e3779b9 | 0;
  let b = 0x243f6a88;
  let c = 0xb7e15162 | 0;
  let d = 0x6a09e667;
  for (let k = 0; k < columns.length; k++) {
    const word = hashes[columns[k]!]!;
    a = Math.imul(a ^ word, 0x85ebca6b);
    a ^= a >>> 15;
    b = Math.imul(b ^ word, 0xc2b2ae35);
    b ^= b >>> 13;
    c = Math.imul(c ^ word, 0x27d4eb2f);
    c ^= c >>> 16;
    d = Math.imul(d ^ word, 0x165667b1);
    d ^= d >>> 14;
  }
  lanes[at] = finish(a);
  lanes[at + 1] = finish(b);
  lanes[at + 2] = finish(c);
  lanes[at + 3] = finish(d);
};

/** Makes the received bytes of a record part of its hash. */
export function mixReceived(received: Uint8Array, lanes: Int32Array, at: number): void {
  for (let lane = 0; lane < HASH_LANES; lane++) {
    let h = lanes[at + lane]!;
    for (let i = 0; i < received.length; i++) h = Math.imul(h ^ received[i]!, 0x01000193);
    lanes[at + lane] = finish(h);
  }
}

function finish(lane: number): number {
  let h = Math.imul(lane ^ (lane >>> 16), 0x7feb352d);
  h = Math.imul(h ^ (h >>> 15), 0x846ca68b);
  return h ^ (h >>> 16);
}
