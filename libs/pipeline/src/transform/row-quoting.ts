const QUOTE = 0x22;

/** 1 for bytes that a value may hold only inside quotes: delimiter, quote, CR, LF. */
export const SPECIAL = new Uint8Array(256);
for (const byte of [0x2c, QUOTE, 0x0a, 0x0d]) SPECIAL[byte] = 1;

/** Writes `from[start, end)` in quotes, doubling quotes inside (RFC 4180), to `out[at]`; returns the new end. */
export function quoteValue(from: Uint8Array, start: number, end: number, out: Uint8Array, at: number): number {
  let to = at;
  out[to++] = QUOTE;
  for (let i = start; i < end; i++) {
    const byte = from[i]!;
    if (byte === QUOTE) out[to++] = QUOTE;
    out[to++] = byte;
  }
  out[to++] = QUOTE;
  return to;
}
