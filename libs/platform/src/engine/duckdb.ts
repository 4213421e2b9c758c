import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { isNativeError } from 'node:util/types';
import { DuckDBInstance, type DuckDBConnection } from '@duckdb/node-api';
import { AppError } from '@attune/core';
import { literal, sql, textList, type Sql } from '@attune/sql';

/** What one DuckDB may take. `memoryLimitMb` covers its buffer manager only; plan for 300-500 MB more. */
export interface DuckDbLimits {
  readonly memoryLimitMb: number;
  readonly threads: number;
}

/** Writers and scans hold a few blocks of 256 KiB per column, mostly untouched; a wide table needs them allowed, and one thread. */
const ACCOUNTED_MB_PER_COLUMN = 2;
const WIDE_COLUMNS = 128;

/** Limits for tables of so many columns. */
export function limitsFor(limits: DuckDbLimits, columns: number): DuckDbLimits {
  if (columns <= WIDE_COLUMNS) return limits;
  return { memoryLimitMb: Math.max(limits.memoryLimitMb, columns * ACCOUNTED_MB_PER_COLUMN), threads: 1 };
}

/**
 * A DuckDB of its own for one attempt, locked into the attempt's scratch directory: it can neither reach other files nor the network,
 * nor change its settings (engine.md, section 10.2). The order of the settings matters.
 */
export class DuckDb {
  readonly #instance: DuckDBInstance;
  readonly #connection: DuckDBConnection;

  private constructor(instance: DuckDBInstance, connection: DuckDBConnection) {
    this.#instance = instance;
    this.#connection = connection;
  }

  /** `scratch` is an absolute path without symbolic links. */
  static async open(scratch: string, limits: DuckDbLimits): Promise<DuckDb> {
    const temp = join(scratch, 'tmp');
    await mkdir(temp, { recursive: true });
    const instance = await DuckDBInstance.create(':memory:');
    const db = new DuckDb(instance, await instance.connect());
    for (const setting of sandbox(scratch, temp, limits)) await db.run(setting);
    return db;
  }

  async run(statement: Sql): Promise<void> {
    await translated(() => this.#connection.run(statement.text));
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

  close(): void {
    this.#connection.closeSync();
    this.#instance.closeSync();
  }
}

function sandbox(scratch: string, temp: string, { memoryLimitMb, threads }: DuckDbLimits): readonly Sql[] {
  return [
    sql`SET autoinstall_known_extensions=false`,
    sql`SET autoload_known_extensions=false`,
    sql`SET allow_community_extensions=false`,
    sql`SET temp_directory=${literal(temp)}`,
    sql`SET max_temp_directory_size='50GB'`,
    sql`SET memory_limit=${literal(`${memoryLimitMb}MiB`)}`,
    sql`SET threads=${literal(threads)}`,
    sql`SET max_expression_depth=1000`,
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
    if (message.includes('No space left on device') || message.includes('max_temp_directory_size')) {
      throw new AppError('storage_full', 'the scratch directory has no space left');
    }
    const kind = /^([A-Z][A-Za-z]*( [A-Za-z]+){0,3}) Error:/.exec(message)?.[1] ?? 'unknown';
    throw new AppError('engine.failed', `DuckDB reports an error of kind ${kind}`);
  }
}
