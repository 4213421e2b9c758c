import type { Encoding } from '@attune/core';
import { MORE } from './field-scanner.js';
import { codePoints, isSingleByte } from './single-byte.js';

/** Tells lines by how they begin. */
export class BeginsWith {
  private constructor(private readonly bytes: Uint8Array) {}

  /** Undefined when the encoding has no such characters, so that no line can begin with them. UTF-16 is read as UTF-8. */
  static of(prefix: string, encoding: Encoding): BeginsWith | undefined {
    if (!isSingleByte(encoding)) return new BeginsWith(new TextEncoder().encode(prefix));
    const points = codePoints(encoding);
    const bytes = Array.from(prefix, (character) => points.indexOf(character.codePointAt(0)!));
    return bytes.includes(-1) ? undefined : new BeginsWith(Uint8Array.from(bytes));
  }

  /** Whether the line at `p` begins so; MORE while the bytes end too early to tell. */
  at(buf: Uint8Array, p: number, to: number, last: boolean): boolean | typeof MORE {
    const { bytes } = this;
    const seen = Math.min(bytes.length, to - p);
    for (let i = 0; i < seen; i++) if (buf[p + i] !== bytes[i]) return false;
    return seen === bytes.length || (last ? false : MORE);
  }
}
