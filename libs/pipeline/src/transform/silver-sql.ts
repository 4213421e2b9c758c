import { columnList, columnTypes, literal, parquetOptions, sql, type Sql } from '@attune/sql';
import type { SilverColumn } from './silver-columns.js';

/** DuckDB's own default; longer rows need a larger buffer, and a part that is shorter a smaller one. */
const MAX_LINE_BYTES = 2 * 1024 * 1024;

/** Where the part lies and how long its longest line is, line end included. */
export interface PartFile {
  readonly path: string;
  readonly longestRow: number;
  /** Of the whole part, where they are known. */
  readonly bytes?: number;
}

/**
 * Writes the canonical rows of a part as typed Parquet, without the columns that only tell records apart. The reader is told everything
 * and may find out nothing by itself, and it reads in order in one thread, so that a pipe and a file give the same bytes; a value that its column type refuses is a fault of ours and fails the statement.
 */
export function silverCopy(columns: readonly SilverColumn[], part: PartFile, target: string): Sql {
  const stored = columns.filter(({ role }) => role !== 'identity');
  const lineBytes = Math.max(Math.min(MAX_LINE_BYTES, (part.bytes ?? MAX_LINE_BYTES) + 1), part.longestRow + 1);
  const settings = sql`auto_detect=false, header=true, delim=',', quote='"', escape='"', new_line='\\n', nullstr='', allow_quoted_nulls=false, strict_mode=true, parallel=false, max_line_size=${literal(lineBytes)}${bufferSize(lineBytes)}`;
  return sql`COPY (SELECT ${columnList(stored.map(({ name }) => name))} FROM read_csv(${literal(part.path)}, columns=${columnTypes(columns)}, ${settings})) TO ${literal(target)} ${parquetOptions(stored.length)}`;
}

/** DuckDB would take, and clear, 16 times the longest line per thread; two are enough once lines are long, or the part is short. */
function bufferSize(lineBytes: number): Sql {
  return lineBytes === MAX_LINE_BYTES ? sql`` : sql`, buffer_size=${literal(2 * lineBytes)}`;
}

interface ListColumn {
  readonly name: string;
  readonly type: 'BIGINT' | 'VARCHAR';
}

const counts = (...names: string[]): ListColumn[] => names.map((name) => ({ name, type: 'BIGINT' }));
const texts = (...names: string[]): ListColumn[] => names.map((name) => ({ name, type: 'VARCHAR' }));

/** Columns of the lists that transform leaves, the same in NDJSON and Parquet. */
export const LIST_COLUMNS = {
  findings: [...texts('member'), ...counts('record', 'line', 'byte_offset', 'column'), ...texts('field', 'code', 'severity', 'value')],
  quarantine: [
    ...texts('member'),
    ...counts('record', 'line', 'byte_offset', 'byte_length', 'column'),
    ...texts('field', 'code', 'message', 'raw', 'raw_base64'),
  ],
  duplicates: counts('record', 'line', 'byte_offset', 'survivor_record', 'survivor_line', 'survivor_byte_offset'),
} as const satisfies Record<string, readonly ListColumn[]>;

export type ListName = keyof typeof LIST_COLUMNS;

/** Writes a list of lines that we wrote as Parquet, in the same order. */
export function listCopy(list: ListName, lines: string, target: string): Sql {
  const columns = LIST_COLUMNS[list];
  return sql`COPY (SELECT ${columnList(columns.map(({ name }) => name))} FROM read_json(${literal(lines)}, format='newline_delimited', columns=${columnTypes(columns)}, compression='uncompressed')) TO ${literal(target)} ${parquetOptions(columns.length)}`;
}
