import type { LineBuffer } from './json-lines.js';
import { utf8 } from './utf8.js';

/** A row's lineage is at most three numbers of 16 digits with their commas and the line feed. */
export const LINEAGE_BYTES = 64;

const RECORD = utf8('{"record":');
const LINE = utf8(',"line":');
const BYTE_OFFSET = utf8(',"byte_offset":');
const SURVIVOR_RECORD = utf8(',"survivor_record":');
const SURVIVOR_LINE = utf8(',"survivor_line":');
const SURVIVOR_OFFSET = utf8(',"survivor_byte_offset":');

/** Of which record a line of the list is that begins at `start`: its first number. */
export function recordOf(line: Uint8Array, start: number): number {
  let record = 0;
  for (let at = start + RECORD.length; line[at]! >= 0x30 && line[at]! <= 0x39; at++) record = record * 10 + line[at]! - 0x30;
  return record;
}

/** Lists a duplicate; `own` and `survivor` are `_record, _byte_offset, _line` of both rows. */
export function writeDuplicate(lines: LineBuffer, own: Float64Array, survivor: Float64Array): void {
  lines.bytes(RECORD);
  lines.integer(own[0]!);
  lines.bytes(LINE);
  lines.integer(own[2]!);
  lines.bytes(BYTE_OFFSET);
  lines.integer(own[1]!);
  lines.bytes(SURVIVOR_RECORD);
  lines.integer(survivor[0]!);
  lines.bytes(SURVIVOR_LINE);
  lines.integer(survivor[2]!);
  lines.bytes(SURVIVOR_OFFSET);
  lines.integer(survivor[1]!);
  lines.byte(0x7d);
  lines.endLine();
}

/** Reads `_record,_byte_offset,_line` of a row; returns where the next row begins. */
export function readLineage(row: Uint8Array, start: number, into: Float64Array): number {
  let at = start;
  for (let i = 0; i < 3; i++) {
    let value = 0;
    for (; row[at]! >= 0x30 && row[at]! <= 0x39; at++) value = value * 10 + row[at]! - 0x30;
    into[i] = value;
    at++;
  }
  return at;
}
