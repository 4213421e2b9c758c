import { MARK, type Row, utf8 } from './row.js';

export const SAMPLE_FORMATS = ['csv', 'ndjson'] as const;
export type SampleFormat = (typeof SAMPLE_FORMATS)[number];

/** How records become bytes: `write` puts these columns of a row at `out[at]`, without the line end, and answers the new end. */
export interface RowFormat {
  readonly header: (names: readonly string[]) => Uint8Array;
  readonly write: (row: Row, columns: readonly number[], out: Uint8Array, at: number) => number;
}

const QUOTE = 0x22;
const COMMA = 0x2c;
const BACKSLASH = 0x5c;
const STRAY = 0x78;
const HEX = utf8('0123456789abcdef');

/** RFC 4180 but for the line end, which is LF. */
const csv: RowFormat = {
  header: (names) => utf8(`${names.join(',')}\n`),
  write: (row, columns, out, at) => {
    const { bytes, starts, ends, marks } = row;
    for (let index = 0; index < columns.length; index++) {
      const column = columns[index]!;
      const mark = marks[column]!;
      const end = ends[column]!;
      if (index > 0) out[at++] = COMMA;
      if (mark === MARK.plain) {
        for (let from = starts[column]!; from < end; from++) out[at++] = bytes[from]!;
        continue;
      }
      out[at++] = QUOTE;
      for (let from = starts[column]!; from < end; from++) {
        if (bytes[from] === QUOTE) out[at++] = QUOTE;
        out[at++] = bytes[from]!;
      }
      at = close(mark, out, at);
    }
    return at;
  },
};

/** One JSON object a line (RFC 8259), every value as the text that the CSV holds. */
function ndjson(names: readonly string[]): RowFormat {
  const keys = names.map((name) => utf8(`${JSON.stringify(name)}:"`));
  return {
    header: () => new Uint8Array(0),
    write: (row, columns, out, at) => {
      for (let index = 0; index < columns.length; index++) {
        const column = columns[index]!;
        const key = keys[column]!;
        out[at++] = index === 0 ? 0x7b : COMMA;
        out.set(key, at);
        at = close(row.marks[column]!, out, escape(row, column, out, at + key.length));
      }
      out[at++] = 0x7d;
      return at;
    },
  };
}

function escape({ bytes, starts, ends }: Row, column: number, out: Uint8Array, at: number): number {
  const end = ends[column]!;
  for (let from = starts[column]!; from < end; from++) {
    const byte = bytes[from]!;
    if (byte === QUOTE || byte === BACKSLASH) out[at++] = BACKSLASH;
    if (byte >= 0x20) {
      out[at++] = byte;
      continue;
    }
    out[at++] = BACKSLASH;
    out[at++] = 0x75;
    out[at++] = 0x30;
    out[at++] = 0x30;
    out[at++] = HEX[byte >> 4]!;
    out[at++] = HEX[byte & 15]!;
  }
  return at;
}

function close(mark: number, out: Uint8Array, at: number): number {
  if (mark === MARK.open) return at;
  out[at++] = QUOTE;
  if (mark === MARK.stray) out[at++] = STRAY;
  return at;
}

/** The format over these columns; a row's column is its place in `names`. */
export function rowFormat(format: SampleFormat, names: readonly string[]): RowFormat {
  return format === 'csv' ? csv : ndjson(names);
}
