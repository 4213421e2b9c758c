import type { ReadReceived } from './ports.js';

/**
 * Takes a value that is kept as received: only control characters are removed (U+0000-U+001F without tab, line feed and carriage
 * return, which texts of several lines hold, and U+007F-U+009F). Neither trimmed nor compared with null tokens; nothing at all
 * is null, since a delimited text cannot say whether it meant an empty value.
 */
export class ReceivedValue {
  buf: Uint8Array = new Uint8Array(0);
  start = 0;
  end = 0;
  #clean: Uint8Array = new Uint8Array(1024);

  /** 0: null. 1: `buf[start, end)` as received. 2: without its control characters. 3: nothing was left without them. */
  take(buf: Uint8Array, start: number, end: number): 0 | 1 | 2 | 3 {
    if (start < 0 || start === end) return 0;
    let i = start;
    while (i < end && controlLength(buf, i, end) === 0) i++;
    this.buf = buf;
    this.start = start;
    this.end = end;
    return i === end ? 1 : this.#remove(buf, start, end);
  }

  #remove(buf: Uint8Array, start: number, end: number): 2 | 3 {
    if (this.#clean.length < end - start) this.#clean = new Uint8Array(2 * (end - start));
    const clean = this.#clean;
    let length = 0;
    for (let i = start; i < end;) {
      const control = controlLength(buf, i, end);
      if (control === 0) clean[length++] = buf[i++]!;
      else i += control;
    }
    this.buf = clean;
    this.start = 0;
    this.end = length;
    return length === 0 ? 3 : 2;
  }
}

/** Bytes of the control character at `i`; 0 when there is none. */
function controlLength(buf: Uint8Array, i: number, end: number): number {
  const byte = buf[i]!;
  if (byte >= 0x20 && byte < 0x7f) return 0;
  if (byte < 0x20) return byte === 0x09 || byte === 0x0a || byte === 0x0d ? 0 : 1;
  if (byte === 0x7f) return 1;
  return byte === 0xc2 && i + 1 < end && buf[i + 1]! >= 0x80 && buf[i + 1]! <= 0x9f ? 2 : 0;
}

/**
 * The bytes of one record as they lie in the input, without its line end; `record` is given where it may be in an earlier member.
 * Only for the rare record whose identity they belong to.
 */
export function receivedBytes(readInput: ReadReceived, offset: number, length: number, record?: number): Uint8Array {
  const bytes = new Uint8Array(length);
  let end = readInput(offset, bytes, record);
  if (end > 0 && bytes[end - 1] === 0x0a) end--;
  if (end > 0 && bytes[end - 1] === 0x0d) end--;
  return bytes.subarray(0, end);
}
