const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const HEX = new TextEncoder().encode('0123456789abcdef');
const DIGITS = new Uint8Array(20);

/** Appends bytes to a buffer that grows and is used again; nothing is allocated per value. */
export class ByteWriter {
  buf: Uint8Array;
  at = 0;

  constructor(capacity = 1 << 16) {
    this.buf = new Uint8Array(capacity);
  }

  /** Makes room for `count` more bytes. */
  reserve(count: number): void {
    if (this.at + count <= this.buf.length) return;
    const grown = new Uint8Array(Math.max(this.buf.length * 2, this.at + count));
    grown.set(this.buf.subarray(0, this.at));
    this.buf = grown;
  }

  bytes(from: Uint8Array): void {
    this.reserve(from.length);
    this.buf.set(from, this.at);
    this.at += from.length;
  }

  byte(value: number): void {
    this.reserve(1);
    this.buf[this.at++] = value;
  }

  /** A whole number of at most 2^53 as decimal digits. */
  integer(value: number): void {
    this.reserve(20);
    this.at = writeInteger(this.buf, this.at, value);
  }

  /** UTF-8 bytes as a JSON text with its quotes (RFC 8259, section 7). */
  jsonText(from: Uint8Array, start: number, end: number): void {
    this.reserve((end - start) * 6 + 2);
    const { buf } = this;
    let at = this.at;
    buf[at++] = QUOTE;
    for (let i = start; i < end; i++) {
      const byte = from[i]!;
      if (byte === QUOTE || byte === BACKSLASH) {
        buf[at++] = BACKSLASH;
        buf[at++] = byte;
      } else if (byte < 0x20) {
        at = writeEscape(buf, at, byte);
      } else {
        buf[at++] = byte;
      }
    }
    buf[at++] = QUOTE;
    this.at = at;
  }
}

/** Writes a whole number of at most 2^53 at `out[at]` and returns the new end; `out` has room for 20 bytes. */
export function writeInteger(out: Uint8Array, at: number, value: number): number {
  if (value < 10) {
    out[at] = 0x30 + value;
    return at + 1;
  }
  let length = 0;
  let rest = value;
  while (rest >= 0x8000_0000) {
    const next = Math.floor(rest / 10);
    DIGITS[length++] = rest - next * 10;
    rest = next;
  }
  let small = rest | 0;
  while (small > 0) {
    const next = (small / 10) | 0;
    DIGITS[length++] = small - next * 10;
    small = next;
  }
  let to = at;
  while (length > 0) out[to++] = 0x30 + DIGITS[--length]!;
  return to;
}

function writeEscape(buf: Uint8Array, at: number, byte: number): number {
  buf[at] = BACKSLASH;
  buf[at + 1] = 0x75;
  buf[at + 2] = 0x30;
  buf[at + 3] = 0x30;
  buf[at + 4] = HEX[byte >> 4]!;
  buf[at + 5] = HEX[byte & 15]!;
  return at + 6;
}
