import { rmSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { join } from 'node:path';
import { isNativeError } from 'node:util/types';
import { DuckDBInstance, type DuckDBConnection } from '@duckdb/node-api';
import { AppError } from '@attune/core';
import { join as joined, literal, sql, textList, type Sql } from '@attune/sql';

/** What one DuckDB may take. `memoryLimitMb` covers its buffer manager only; plan for 300-500 MB more. */
export interface DuckDbLimits {
  readonly memoryLimitMb: number;
  readonly threads: number;
  /** What may be spilled to disk, in MB; 50 GB where nothing is said. */
  readonly spillLimitMb?: number;
}

/**
 * Every thread of a writer buffers rows of its own: with 256 MiB and 2 threads, CSV of 100,000 records of 34 columns was seen to end out of
 * memory now and then.
 */
const MB_PER_THREAD = 256;
const SPILL_MB = 50_000;
/** The instance that `prepare` has made, until somebody takes it. */
let spare: Promise<DuckDBInstance> | undefined;
const LOOK_MS = 200;

/** Writers and scans hold a few blocks of 256 KiB per column, mostly untouched; a wide table needs them allowed, and one thread. */
const ACCOUNTED_MB_PER_COLUMN = 2;
const WIDE_COLUMNS = 128;

/** Limits for tables of so many columns. */
export function limitsFor(limits: DuckDbLimits, columns: number): DuckDbLimits {
  if (columns <= WIDE_COLUMNS) {
    return { ...limits, threads: Math.max(1, Math.min(limits.threads, Math.floor(limits.memoryLimitMb / MB_PER_THREAD))) };
  }
  return { ...limits, memoryLimitMb: Math.max(limits.memoryLimitMb, columns * ACCOUNTED_MB_PER_COLUMN), threads: 1 };
}

/**
 * A DuckDB of its own for one attempt, locked into the attempt's scratch directory: it can neither reach other files nor the network,
 * nor change its settings (engine.md, section 10.2). The order of the settings matters.
 */
export class DuckDb {
  readonly #instance: DuckDBInstance;
  readonly #connection: DuckDBConnection;
  readonly #temp: string;

  private constructor(instance: DuckDBInstance, connection: DuckDBConnection, temp: string) {
    this.#instance = instance;
    this.#connection = connection;
    this.#temp = temp;
  }

  /** Has an instance made ahead, while nobody waits for it: that takes longer than most statements about a small file. */
  static prepare(): void {
    spare ??= DuckDBInstance.create(':memory:');
    spare.catch(() => (spare = undefined)); // whoever opens the next one is told
  }

  /** `scratch` is an absolute path without symbolic links. */
  static async open(scratch: string, limits: DuckDbLimits): Promise<DuckDb> {
    const temp = await mkdtemp(join(scratch, 'tmp-'));
    const made = spare ?? DuckDBInstance.create(':memory:');
    spare = undefined;
    const instance = await made;
    const db = new DuckDb(instance, await instance.connect(), temp);
    await db.run(joined(sandbox(scratch, temp, limits), sql`; `));
    return db;
  }

  /** `onShare` is told now and then which share of the statement is done, between 0 and 1, as DuckDB estimates it. */
  async run(statement: Sql, onShare?: (share: number) => void): Promise<void> {
    const look = onShare === undefined ? undefined : setInterval(() => this.#tellShare(onShare), LOOK_MS);
    try {
      await translated(() => this.#connection.run(statement.text));
    } finally {
      clearInterval(look);
    }
  }

  #tellShare(onShare: (share: number) => void): void {
    const { percentage } = this.#connection.progress;
    if (percentage >= 0) onShare(Math.min(1, percentage / 100)); // -1: no estimate yet
  }

  /** The first row of the answer, whose columns are all whole numbers. */
  async numbers(statement: Sql): Promise<readonly number[]> {
    const reply = await translated(() => this.#connection.runAndReadAll(statement.text));
    return (reply.getRows()[0] ?? []).map(Number);
  }

  /** The rows of the answer, every value as text. */
  async texts(statement: Sql): Promise<readonly (readonly (string | null)[])[]> {
    const reply = await translated(() => this.#connection.runAndReadAll(statement.text));
    return reply.getRows().map((row) => row.map((value) => (value === null ? null : String(value))));
  }

  /** Ends the statement that is running, which then fails. */
  interrupt(): void {
    this.#connection.interrupt();
  }

  /** What was spilled is gone afterwards. The instance itself ends a moment later: its threads are waited for, and nobody needs to. */
  close(): void {
    this.#connection.closeSync();
    rmSync(this.#temp, { recursive: true, force: true });
    setImmediate(() => this.#instance.closeSync());
  }
}

function sandbox(scratch: string, temp: string, { memoryLimitMb, threads, spillLimitMb }: DuckDbLimits): readonly Sql[] {
  return [
    sql`SET autoinstall_known_extensions=false`,
    sql`SET autoload_known_extensions=false`,
    sql`SET allow_community_extensions=false`,
    sql`SET temp_directory=${literal(temp)}`,
    sql`SET max_temp_directory_size=${literal(`${spillLimitMb ?? SPILL_MB}MB`)}`,
    sql`SET memory_limit=${literal(`${memoryLimitMb}MiB`)}`,
    sql`SET threads=${literal(threads)}`,
    sql`SET max_expression_depth=1000`,
    sql`SET enable_progress_bar=true`,
    sql`SET enable_progress_bar_print=false`,
    sql`SET allowed_directories=${textList([`${scratch}/`])}`,
    sql`SET enable_external_access=false`,
    sql`SET lock_configuration=true`,
  ];
}

/** Messages of DuckDB quote the values they stumble over, so only the kind of error goes on. */
async function translated<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const message = isNativeError(error) ? error.message : '';
    if (message.includes('No space left on device') || /^Out of Memory Error.*max_temp_directory_size/s.test(message)) {
      throw new AppError('storage_full', 'the scratch directory has no space left');
    }
    if (message.includes('File too large')) {
      throw new AppError('storage_full', 'a file has grown beyond what an engine process may write');
    }
    if (message.startsWith('Out of Memory Error') || message.includes('bad_alloc')) {
      throw new AppError('engine.out_of_memory', 'DuckDB reports an error of kind Out of Memory');
    }
    const kind = /^([A-Z][A-Za-z]*( [A-Za-z]+){0,3}) Error:/.exec(message)?.[1] ?? 'unknown';
    throw new AppError('engine.failed', `DuckDB reports an error of kind ${kind}`);
  }
}
