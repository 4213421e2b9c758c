import { FINDING_KINDS, type Finding } from '@attune/core';
import { wholeCharacters } from './column-sketch.js';
import { utf8 } from './utf8.js';
import type { LineBuffer } from './json-lines.js';

/** A longer received value is cut in its finding; the record's own bytes say the rest. */
export const FINDING_VALUE_BYTES = 4096;

const LINE = utf8(',"line":');
const BYTE_OFFSET = utf8(',"byte_offset":');
const NULL_END = utf8('null}');

/** How every line about a record begins: with the member of the container that holds it, empty for a plain file. */
export function lineStartOf(member: string): Uint8Array {
  return utf8(`{"member":${JSON.stringify(member)},"record":`);
}

/** Begins the line of a finding about one record. */
export function beginFinding(out: LineBuffer, lineStart: Uint8Array, record: number, line: number, byteOffset: number): void {
  out.bytes(lineStart);
  out.integer(record);
  out.bytes(LINE);
  out.integer(line);
  out.bytes(BYTE_OFFSET);
  out.integer(byteOffset);
}

/** Ends the line with the value as received, cut to 4 KiB at a character. */
export function endFinding(out: LineBuffer, buf: Uint8Array, start: number, end: number): void {
  if (end - start > FINDING_VALUE_BYTES) {
    const value = buf.subarray(start, start + FINDING_VALUE_BYTES);
    out.jsonText(value, 0, wholeCharacters(value, value.length));
  } else {
    out.jsonText(buf, start, end);
  }
  out.byte(0x7d);
  out.endLine();
}

export function endFindingWithoutValue(out: LineBuffer): void {
  out.bytes(NULL_END);
  out.endLine();
}

/** A finding that some other stage made, with the same members in the same order; those that do not apply are null. */
export function writeFinding(out: LineBuffer, finding: Finding): void {
  const { member, record = null, line = null, byteOffset = null, column = null, field = null, code, severity, value = null } = finding;
  out.bytes(utf8(JSON.stringify({ member, record, line, byte_offset: byteOffset, column, field, code, severity, value })));
  out.endLine();
}

/** A finding about the dataset as a whole. */
export function datasetFinding(code: Finding['code']): Finding {
  return { member: '', code, severity: FINDING_KINDS[code].severity };
}
