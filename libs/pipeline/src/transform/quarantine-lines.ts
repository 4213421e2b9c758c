import { isUtf8 } from 'node:buffer';
import { FINDING_KINDS, type FindingCode } from '@attune/core';
import type { RejectedRecord } from '@attune/formats';
import { wholeCharacters } from './column-sketch.js';
import { utf8 } from './utf8.js';
import { beginFinding, endFindingWithoutValue, lineStartOf } from './finding-lines.js';
import type { LineBuffer } from './json-lines.js';
import type { ReadReceived } from './ports.js';

/** Bytes of a quarantined record that its line carries; the rest is read again from bronze by offset and length. */
export const RAW_BYTES = 4096;

const LINE = utf8(',"line":');
const BYTE_OFFSET = utf8(',"byte_offset":');
const BYTE_LENGTH = utf8(',"byte_length":');
const RAW = utf8('"raw":');
const RAW_BASE64 = utf8('"raw_base64":"');
const QUOTE = utf8('"');

/** Writes the two lines of a record that is set aside: one in the quarantine, and its finding. */
export class QuarantineLines {
  /** Says which member of a container the records are in. */
  lineStart = lineStartOf('');
  readonly #raw = new Uint8Array(RAW_BYTES);
  readonly #readInput: ReadReceived;
  readonly #fieldOf: (column: number) => string | null;

  /** `fieldOf` names a source column: its field, or the column's own name. */
  constructor(readInput: ReadReceived, fieldOf: (column: number) => string | null) {
    this.#readInput = readInput;
    this.#fieldOf = fieldOf;
  }

  write(out: LineBuffer, rejected: RejectedRecord): void {
    out.bytes(this.lineStart);
    out.integer(rejected.record);
    out.bytes(LINE);
    out.integer(rejected.line);
    out.bytes(BYTE_OFFSET);
    out.integer(rejected.byteOffset);
    out.bytes(BYTE_LENGTH);
    out.integer(rejected.byteLength);
    out.bytes(
      utf8(`,${this.#place(rejected.column)},"code":"${rejected.code}","message":${JSON.stringify(FINDING_KINDS[rejected.code].message)},`),
    );
    this.#writeRaw(out, rejected.byteOffset, Math.min(rejected.byteLength, RAW_BYTES), rejected.byteLength > RAW_BYTES);
    out.byte(0x7d);
    out.endLine();
  }

  /** The finding of a record that the reader has set aside; it has no value, the quarantine holds the bytes. */
  writeFinding(out: LineBuffer, { record, line, byteOffset, column, code }: RejectedRecord): void {
    beginFinding(out, this.lineStart, record, line, byteOffset);
    out.bytes(utf8(`,${this.#place(column)},"code":"${code}","severity":"${severityOf(code)}","value":`));
    endFindingWithoutValue(out);
  }

  #place(column: number | undefined): string {
    return `"column":${column ?? 'null'},"field":${JSON.stringify(column === undefined ? null : this.#fieldOf(column))}`;
  }

  #writeRaw(out: LineBuffer, offset: number, length: number, cut: boolean): void {
    const raw = this.#raw.subarray(0, this.#readInput(offset, this.#raw.subarray(0, length)));
    const text = cut ? raw.subarray(0, wholeCharacters(raw, raw.length)) : raw;
    if (isUtf8(text)) {
      out.bytes(RAW);
      out.jsonText(text, 0, text.length);
    } else {
      out.bytes(RAW_BASE64);
      out.bytes(utf8(base64(raw)));
      out.bytes(QUOTE);
    }
  }
}

const severityOf = (code: FindingCode): string => FINDING_KINDS[code].severity;

function base64(bytes: Uint8Array): string {
  return btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(''));
}
