export const LF = 0x0a;
export const CR = 0x0d;
export const TAB = 0x09;
export const SPACE = 0x20;
export const QUOTE = 0x22;
export const COMMA = 0x2c;
export const COLON = 0x3a;
export const BACKSLASH = 0x5c;
export const OPEN_BRACKET = 0x5b;
export const CLOSE_BRACKET = 0x5d;
export const OPEN_BRACE = 0x7b;
export const CLOSE_BRACE = 0x7d;

/** RFC 8259, section 2. */
export const isSpace = (byte: number): boolean => byte === SPACE || byte === LF || byte === CR || byte === TAB;

/** The offset of the first byte at or after `p` that is no white space, or `to`. */
export function passSpace(buf: Uint8Array, p: number, to: number): number {
  while (p < to && isSpace(buf[p]!)) p++;
  return p;
}

export function countLines(buf: Uint8Array, from: number, to: number): number {
  let lines = 0;
  for (let p = from; p < to; p++) if (buf[p] === LF) lines++;
  return lines;
}
