import { setTimeout as pause } from 'node:timers/promises';
import { AppError } from '@attune/core';
import pg from 'pg';
import { DataSource } from 'typeorm';
import { sqlComment } from '../telemetry/correlation.js';
import { Fairness1700000000008 } from './migrations/0008-fairness.js';
import { Doors1700000000002 } from './migrations/0002-doors.js';
import { Rules1700000000003 } from './migrations/0003-rules.js';
import { Resubmit1700000000004 } from './migrations/0004-resubmit.js';
import { Housekeeping1700000000009 } from './migrations/0009-housekeeping.js';
import { Uploads1700000000010 } from './migrations/0010-uploads.js';
import { Quotas1700000000013 } from './migrations/0013-quotas.js';
import { Spine1700000000001 } from './migrations/0001-spine.js';
import { Webhooks1700000000005 } from './migrations/0005-webhooks.js';
import { tables } from './schema/tables.js';

const SETTINGS = '-c statement_timeout=15000 -c lock_timeout=3000 -c idle_in_transaction_session_timeout=30000 -c timezone=UTC';

/** Postgres error codes that mean: the same call may succeed in a moment (connection gone, restarting, serialization, deadlock, too many connections). */
const PASSING = /^(08|57P0|53300|40001|40P01|55P03|57014)/;
const SOCKET = new Set(['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'ENOTFOUND']);

/** Tries of a transaction that the database gives up for the sake of another (serialization failure, deadlock). */
const MOST_TRIES = 5;

/** A session beside the pool, which may hear nothing for hours, asks so often for a sign of life, and is given up on after so long without. */
const HEARTBEAT = { everyMs: 10_000, patienceMs: 5_000 };

/** The one connection to the truth. SQL lives in the repositories; everybody else calls their verbs. */
export class Database {
  readonly #source: DataSource;
  #failed = false;
  /** Milliseconds of `performance.now()` when the database answered again after it had failed. */
  reconnectedAt = -Infinity;

  constructor(
    source: DataSource,
    private readonly heartbeat = HEARTBEAT,
  ) {
    this.#source = source;
  }

  static async open(url: string, poolSize = 10, heartbeat = HEARTBEAT): Promise<Database> {
    const source = dataSource(url, poolSize);
    try {
      await source.initialize();
    } catch (cause) {
      throw new AppError('dependency_unavailable', 'the database does not answer', { cause });
    }
    return new Database(source, heartbeat);
  }

  /** @throws AppError dependency_unavailable when the database cannot be reached or refuses for a passing reason. */
  async query<Row>(text: string, parameters: readonly unknown[] = []): Promise<Row[]> {
    return this.#guard(async () => rows<Row>(await this.#source.query(text + sqlComment(), [...parameters])));
  }

  /** All of it or nothing; done again where the database gave it up for another's sake, so `work` changes nothing else that cannot be done twice. */
  async transaction<T>(work: (tx: Database['query']) => Promise<T>): Promise<T> {
    return this.#guard(() =>
      this.#source.transaction((manager) =>
        work(async <Row>(text: string, parameters: readonly unknown[] = []) =>
          rows<Row>(await manager.query(text + sqlComment(), [...parameters])),
        ),
      ),
    );
  }

  /**
   * Listens on a channel with a connection of its own. Resolves with what stops it; `onEnd` is told once when the connection is lost.
   * @throws AppError dependency_unavailable
   */
  async listen(channel: string, onNotice: (payload: string) => void, onEnd: () => void): Promise<() => Promise<void>> {
    const client = await this.#session('attune watch', onEnd);
    client.on('notification', ({ payload }) => onNotice(payload ?? ''));
    await client.query(`LISTEN ${client.escapeIdentifier(channel)}`);
    return () => client.end();
  }

  /**
   * Takes a lock of which the database grants one at a time, for as long as a connection of its own lives. Undefined when somebody
   * else has it; else how to give it back. `onLost` is told once when the connection is lost. @throws AppError dependency_unavailable
   */
  async hold(lock: number, onLost: () => void): Promise<(() => Promise<void>) | undefined> {
    const client = await this.#session('attune leader', onLost);
    const { rows: answer } = await client.query<{ mine: boolean }>('SELECT pg_try_advisory_lock($1) AS mine', [lock]);
    if (answer[0]?.mine) return () => client.end();
    client.removeListener('end', onLost);
    await client.end();
    return undefined;
  }

  /** A connection beside the pool. One whose other end is gone without a word ends too, for want of a sign of life. */
  async #session(name: string, onEnd: () => void): Promise<pg.Client> {
    const { url } = this.#source.options as { url: string };
    const client = new pg.Client({ connectionString: url, keepAlive: true, connectionTimeoutMillis: 5_000, application_name: name });
    client.on('error', () => undefined); // the end follows, and that is what counts
    client.once('end', onEnd);
    try {
      await client.connect();
    } catch (cause) {
      await client.end().catch(() => undefined);
      throw new AppError('dependency_unavailable', 'the database does not answer', { cause });
    }
    const beat = setInterval(() => {
      const late = setTimeout(() => void client.end().catch(() => undefined), this.heartbeat.patienceMs);
      client
        .query('SELECT 1')
        .catch(() => undefined) // the end follows
        .finally(() => clearTimeout(late));
    }, this.heartbeat.everyMs).unref();
    client.once('end', () => clearInterval(beat));
    return client;
  }

  /** Connections of the pool by what they do. */
  get pool(): { used: number; idle: number; waiting: number } {
    const { totalCount, idleCount, waitingCount } = (this.#source.driver as unknown as { master: pg.Pool }).master;
    return { used: totalCount - idleCount, idle: idleCount, waiting: waitingCount };
  }

  async close(): Promise<void> {
    await this.#source.destroy();
  }

  async #guard<T>(work: () => Promise<T>): Promise<T> {
    try {
      const result = await unentangled(work);
      if (this.#failed) {
        this.#failed = false;
        this.reconnectedAt = performance.now();
      }
      return result;
    } catch (cause) {
      // JSON may hold U+0000 and no text of Postgres may: the caller's to change, and never worth a 500.
      if (cause instanceof Error && /^(22P05|22021)$/.test((cause as { code?: string }).code ?? ''))
        throw new AppError('validation_failed', 'a text holds the character U+0000 or is no UTF-8', { cause });
      if (cause instanceof AppError || !isPassing(cause)) throw cause;
      this.#failed = true;
      throw new AppError('dependency_unavailable', 'the database does not answer', { cause });
    }
  }
}

/** Does work again that the database gave up for somebody else's sake: nothing of it was kept, and the same is right the next time. */
async function unentangled<T>(work: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries++) {
    try {
      return await work();
    } catch (error) {
      const { code } = error as { code?: unknown };
      if (tries === MOST_TRIES || !(code === '40001' || code === '40P01')) throw error;
      await pause(Math.random() * 20 * 2 ** tries);
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
    migrations: [
      Spine1700000000001,
      Doors1700000000002,
      Rules1700000000003,
      Resubmit1700000000004,
      Webhooks1700000000005,
      Fairness1700000000008,
      Housekeeping1700000000009,
      Uploads1700000000010,
      Quotas1700000000013,
    ],
    migrationsTableName: 'migrations',
    logging: false,
    poolSize,
    extra: { options: SETTINGS, connectionTimeoutMillis: 5_000, keepAlive: true },
  });
}
