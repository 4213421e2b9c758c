import { statSync } from 'node:fs';
import { copyFile, link, mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AppError } from '@attune/core';
import { MAX_COLUMNS } from '@attune/formats';
import type { Sql } from '@attune/sql';
import type { DuckDb, DuckDbLimits } from '../duckdb.js';
import { InputFile } from '../scratch-file.js';
import { refuseFooter } from './parquet-footer.js';
import { describeStatement, footerStatement, isBinary, isNested, unwrapStatement, type ParquetColumn } from './parquet-text.js';
import type { Decoding } from './zlib-stream.js';

/** Where a Parquet file is unwrapped, and how far. */
export interface ParquetPlace {
  /** The attempt's scratch directory, an absolute path; where there is none a directory for the time being is made. */
  readonly scratch?: string | undefined;
  /** What the DuckDB may take; little where nothing is said. */
  readonly duckdb?: DuckDbLimits | undefined;
  /** Bytes of text that the file may become. */
  readonly inflatedBytes: number;
  /** Only so many rows, from the first on. */
  readonly rows?: number | undefined;
}

/** What a Parquet file holds. */
export interface ParquetFacts {
  /** Rows of the whole file. */
  readonly rows: number;
  /** How its values become text, where that is not plain. */
  readonly evidence: readonly string[];
}

const LITTLE: DuckDbLimits = { memoryLimitMb: 256, threads: 1 };
const PIECE = 1 << 18;
/** How often the growing text is measured; at a gigabyte a second it grows by less than 64 MiB in between. */
const MEASURED_EVERY_MS = 50;

/**
 * The rows of a Parquet file as delimited text, written by a DuckDB that can reach nothing but scratch. `onOpen` hears what the file holds
 * before the first piece. Throws AppError `container.corrupt` (also where columns alone are encrypted), `encrypted_file`,
 * `too_many_columns`, or `zip_bomb` for a text beyond the limit. How much longer the text is than the file tells nothing here: a column of one value takes no room, whatever the number of rows.
 */
export async function* unparquet(file: InputFile, place: ParquetPlace, onOpen?: (facts: ParquetFacts) => void): Decoding {
  refuseFooter(file);
  const own = place.scratch === undefined ? await mkdtemp(join(tmpdir(), 'attune-parquet-')) : undefined;
  const scratch = await realpath(own ?? place.scratch!);
  const input = join(scratch, 'input.parquet');
  const text = join(scratch, 'input.parquet.csv');
  try {
    const source = await realpath(file.path);
    await link(source, input).catch(() => copyFile(source, input));
    await unwrap({ ...place, scratch, input, text }, onOpen);
    yield* pieces(text, file.size);
  } finally {
    await Promise.all([input, text].map((path) => rm(path, { force: true })));
    if (own !== undefined) await rm(own, { recursive: true, force: true });
  }
  return file.size;
}

/** Of the text; `consumed` is the share of the file that they are likely to come from. */
async function* pieces(path: string, size: number): AsyncGenerator<{ bytes: Uint8Array; consumed: number }, void> {
  const text = new InputFile(path);
  let read = 0;
  try {
    for (const bytes of text.chunks(0, text.size, PIECE)) {
      read += bytes.length;
      yield { bytes, consumed: Math.floor((size * read) / text.size) };
      await Promise.resolve();
    }
  } finally {
    text.close();
  }
}

interface Unwrapping extends ParquetPlace {
  readonly scratch: string;
  readonly input: string;
  readonly text: string;
}

async function unwrap(place: Unwrapping, onOpen: ((facts: ParquetFacts) => void) | undefined): Promise<void> {
  const { scratch, input, text, duckdb = LITTLE, inflatedBytes, rows } = place;
  // Late, so that a process that reads no Parquet loads no DuckDB.
  const { DuckDb, limitsFor } = await import('../duckdb.js');
  const facts = await withDb(await DuckDb.open(scratch, duckdb), (db) => describe(db, input));
  onOpen?.(facts);
  const limits = limitsFor(duckdb, facts.columns.length);
  await withDb(await DuckDb.open(scratch, limits), (db) =>
    runMeasured(db, unwrapStatement(input, facts.columns, text, rows), text, inflatedBytes),
  );
}

async function withDb<T>(db: DuckDb, work: (db: DuckDb) => Promise<T>): Promise<T> {
  try {
    return await work(db);
  } catch (error) {
    throw ofTheFile(error);
  } finally {
    db.close();
  }
}

async function describe(db: DuckDb, input: string): Promise<ParquetFacts & { columns: readonly ParquetColumn[] }> {
  const [footer] = await db.texts(footerStatement(input));
  const columns = (await db.texts(describeStatement(input))).map(([name, type]) => ({ name: name ?? '', type: type ?? '' }));
  if (columns.length > MAX_COLUMNS) {
    throw new AppError('too_many_columns', `The Parquet file has ${columns.length} columns, more than the limit of ${MAX_COLUMNS}.`);
  }
  return { columns, rows: Number(footer?.[0] ?? 0), evidence: evidence(columns) };
}

function evidence(columns: readonly ParquetColumn[]): string[] {
  const nested = columns.filter(isNested).length;
  const binary = columns.filter(isBinary).length;
  return [
    ...(nested > 0 ? [`${nested} of its ${columns.length} columns hold lists, structs or maps; their values are read as JSON text.`] : []),
    ...(binary > 0 ? [`${binary} of its ${columns.length} columns hold bytes; their values are read as hexadecimal digits.`] : []),
  ];
}

/** Runs a statement that writes `target`, and ends it once that grows beyond the limit: how large the file says it is counts nothing. */
async function runMeasured(db: DuckDb, statement: Sql, target: string, limit: number): Promise<void> {
  const size = (): number => statSync(target, { throwIfNoEntry: false })?.size ?? 0;
  let exceeded = false;
  const measure = setInterval(() => {
    // What was interrupted is removed, and has been too large all the same.
    exceeded ||= size() > limit;
    if (exceeded) db.interrupt();
  }, MEASURED_EVERY_MS);
  try {
    await db.run(statement);
  } catch (error) {
    if (!exceeded) throw error;
  } finally {
    clearInterval(measure);
  }
  if (exceeded || size() > limit) throw new AppError('zip_bomb', `The Parquet file holds more than the limit of ${limit} bytes.`);
}

/** The statements are ours and proven, so that a fault of theirs lies in the file; only a lack of space or memory need not. */
function ofTheFile(error: unknown): unknown {
  if (!(error instanceof AppError) || error.code !== 'engine.failed') return error;
  if (/kind Out of Memory$/.test(error.detail)) {
    return new AppError('zip_bomb', 'The Parquet file holds pages that need more memory than one file may take.', { cause: error });
  }
  return new AppError('container.corrupt', 'The Parquet file is damaged, or columns of it are encrypted: it cannot be read.', {
    cause: error,
  });
}
