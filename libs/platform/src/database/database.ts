import { AppError } from '@attune/core';
import { DataSource } from 'typeorm';
import { Doors1700000000002 } from './migrations/0002-doors.js';
import { Spine1700000000001 } from './migrations/0001-spine.js';
import { tables } from './schema/tables.js';

const SETTINGS = '-c statement_timeout=15000 -c lock_timeout=3000 -c idle_in_transaction_session_timeout=30000 -c timezone=UTC';

/** Postgres error codes that mean: the same call may succeed in a moment (connection gone, restarting, serialization, deadlock, too many connections). */
const PASSING = /^(08|57P0|53300|40001|40P01|55P03|57014)/;
const SOCKET = new Set(['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'ENOTFOUND']);

/** The one connection to the truth. SQL lives in the repositories; everybody else calls their verbs. */
export class Database {
  readonly #source: DataSource;
  #failed = false;
  /** Milliseconds of `performance.now()` when the database answered again after it had failed. */
  reconnectedAt = -Infinity;

  constructor(source: DataSource) {
    this.#source = source;
  }

  static async open(url: string, poolSize = 10): Promise<Database> {
    const source = dataSource(url, poolSize);
    try {
      await source.initialize();
    } catch (cause) {
      throw new AppError('dependency_unavailable', 'the database does not answer', { cause });
    }
    return new Database(source);
  }

  /** @throws AppError dependency_unavailable when the database cannot be reached or refuses for a passing reason. */
  async query<Row>(text: string, parameters: readonly unknown[] = []): Promise<Row[]> {
    return this.#guard(async () => rows<Row>(await this.#source.query(text, [...parameters])));
  }

  async transaction<T>(work: (tx: Database['query']) => Promise<T>): Promise<T> {
    return this.#guard(() =>
      this.#source.transaction((manager) =>
        work(async <Row>(text: string, parameters: readonly unknown[] = []) => rows<Row>(await manager.query(text, [...parameters]))),
      ),
    );
  }

  async close(): Promise<void> {
    await this.#source.destroy();
  }

  async #guard<T>(work: () => Promise<T>): Promise<T> {
    try {
      const result = await work();
      if (this.#failed) {
        this.#failed = false;
        this.reconnectedAt = performance.now();
      }
      return result;
    } catch (cause) {
      if (cause instanceof AppError || !isPassing(cause)) throw cause;
      this.#failed = true;
      throw new AppError('dependency_unavailable', 'the database does not answer', { cause });
    }
  }
}

/** TypeORM answers an UPDATE or DELETE with [rows, count], everything else with rows. */
function rows<Row>(answer: unknown): Row[] {
  const list = answer as unknown[];
  const withCount = list.length === 2 && Array.isArray(list[0]) && typeof list[1] === 'number';
  return (withCount ? list[0] : list) as Row[];
}

function isPassing(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const { code, message } = error as { code?: string; message: string };
  return (
    (code !== undefined && (PASSING.test(code) || SOCKET.has(code))) ||
    /Connection terminated|timeout exceeded when trying to connect|Client has encountered/.test(message)
  );
}

export function dataSource(url: string, poolSize: number): DataSource {
  return new DataSource({
    type: 'postgres',
    url,
    schema: 'attune',
    entities: tables,
    migrations: [Spine1700000000001, Doors1700000000002],
    migrationsTableName: 'migrations',
    logging: false,
    poolSize,
    extra: { options: SETTINGS, connectionTimeoutMillis: 5_000, keepAlive: true },
  });
}
