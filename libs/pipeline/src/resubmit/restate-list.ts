import { utf8 } from '../transform/utf8.js';
import { JsonLines, LineBuffer, type LineIndex } from '../transform/json-lines.js';
import type { ByteSink } from '../transform/ports.js';

const LF = 0x0a;
const RECORD = utf8('"record":');
/** Lines are gathered so far before they are handed on. */
const BLOCK = 1 << 16;

/** A line about a record; of a line about the dataset as a whole `record` is 0. */
export interface RecordLine {
  readonly record: number;
  /** Without its line feed. */
  readonly bytes: Uint8Array;
}

/** The lines of an NDJSON list that we wrote, from its bytes block by block; a line is valid until the next one. */
export function* linesOfList(blocks: Iterable<Uint8Array>): Generator<RecordLine> {
  let rest: Uint8Array = new Uint8Array(0);
  for (const block of blocks) {
    const bytes = rest.length === 0 ? block : joined(rest, block);
    let from = 0;
    for (let end = bytes.indexOf(LF); end >= 0; end = bytes.indexOf(LF, from)) {
      yield recordLine(bytes.subarray(from, end));
      from = end + 1;
    }
    rest = bytes.slice(from);
  }
  if (rest.length > 0) yield recordLine(rest);
}

/**
 * A list as it is after a resubmission: without the lines about the records that were sent, with those that they have now, in the order of
 * the source. `added` are ordered by record. The index is that of the written list.
 */
export function restateList(
  earlier: Iterable<RecordLine>,
  sent: ReadonlySet<number>,
  added: readonly RecordLine[],
  sink: ByteSink,
): LineIndex {
  const list = new JsonLines(sink);
  const out = new LineBuffer();
  const write = (bytes: Uint8Array): void => {
    out.bytes(bytes);
    out.endLine();
    if (out.at <= BLOCK) return;
    list.append(out);
    out.clear();
  };
  let next = 0;
  for (const { record, bytes } of earlier) {
    while (next < added.length && added[next]!.record < record) write(added[next++]!.bytes);
    if (!sent.has(record)) write(bytes);
  }
  while (next < added.length) write(added[next++]!.bytes);
  list.append(out);
  return list.index();
}

/** The first `"record":` of a line is its own: in a text the quote would be escaped. */
function recordLine(bytes: Uint8Array): RecordLine {
  let at = 0;
  search: for (; at < bytes.length; at++) {
    for (let i = 0; i < RECORD.length; i++) if (bytes[at + i] !== RECORD[i]) continue search;
    break;
  }
  let record = 0;
  for (let i = at + RECORD.length; bytes[i]! >= 0x30 && bytes[i]! <= 0x39; i++) record = record * 10 + bytes[i]! - 0x30;
  return { record, bytes };
}

function joined(one: Uint8Array, other: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(one.length + other.length);
  bytes.set(one);
  bytes.set(other, one.length);
  return bytes;
}
