const QUOTE = 0x22;
const COMMA = 0x2c;
const LF = 0x0a;
const CR = 0x0d;

/** Writes `[start, end)` as one field of a delimited text, quoted where it must be, to `at` of `into`; returns the end. It takes 2n + 2 bytes at most. */
export function writeQuoted(from: Uint8Array, start: number, end: number, into: Uint8Array, at: number): number {
  for (let i = start; i < end; i++) {
    const byte = from[i]!;
    if (byte === QUOTE || byte === COMMA || byte === LF || byte === CR) return quoted(from, start, end, into, at);
    into[at + i - start] = byte;
  }
  return at + end - start;
}

function quoted(from: Uint8Array, start: number, end: number, into: Uint8Array, at: number): number {
  into[at++] = QUOTE;
  for (let i = start; i < end; i++) {
    const byte = from[i]!;
    if (byte === QUOTE) into[at++] = QUOTE;
    into[at++] = byte;
  }
  into[at++] = QUOTE;
  return at;
}
