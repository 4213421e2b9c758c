import { createHash } from 'node:crypto';
import { pipeline } from 'node:stream/promises';
import { setTimeout as pause } from 'node:timers/promises';
import { AppError } from '@attune/core';
import pg from 'pg';
import { from as copyFrom } from 'pg-copy-streams';
import { sqlComment } from '../telemetry/correlation.js';
import { abandon } from './abandon.js';
import { Turns } from './turns.js';

/** What holds for every session of ours: nothing waits for ever, and times are those of UTC. */
export const SESSION_SETTINGS =
  '-c statement_timeout=15000 -c lock_timeout=3000 -c idle_in_transaction_session_timeout=30000 -c timezone=UTC';

/** Postgres error codes that mean: the same call may succeed in a moment (connection gone, restarting, serialization, deadlock, too many connections, no disk or memory left). */
const PASSING = /^(08|57P0|53|58030|40001|40P01|55P03|57014)/;
const SOCKET = new Set(['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'ENOTFOUND']);

/** Tries of a transaction that the database gives up for the sake of another (serialization failure, deadlock). */
const MOST_TRIES = 5;

/** Sessions are kept between bursts: making one costs more than most that is asked of it. */
const IDLE_MS = 60_000;

/**
 * A session beside the pool, which may hear nothing for hours, asks so often for a sign of life, and is given up on after so long without. A
 * statement that takes longer than one may, as a rule, is looked for in the database: it may be at work, or its session is half-open.
 */
const HEARTBEAT = { everyMs: 10_000, patienceMs: 5_000, silenceMs: 20_000 };
/** Looks in a row that nobody has answered until such a session is given up on all the same. */
const MOST_SILENT_LOOKS = 3;

/** A statement that each session plans once. Its text never changes, so it comes without the ids of the request behind it. */
export interface Prepared {
  /** Of this text alone. */
  readonly name: string;
  readonly text: string;
}

/** Streams `rows` into what a statement COPY … FROM STDIN names; answers how many rows came. */
export type CopyRows = (statement: string, rows: AsyncIterable<Uint8Array>) => Promise<number>;

const known = new Map<string, Prepared>();

/**
 * For statements that are asked for many times a second and whose plan is the same whatever their values are. Sessions keep their plans, so
 * there must be few of them: a text that is put together has few shapes.
 */
export function prepared(text: string): Prepared {
  let statement = known.get(text);
  if (statement === undefined) known.set(text, (statement = { name: createHash('sha256').update(text).digest('hex').slice(0, 16), text }));
  return statement;
}

/** The one connection to the truth. SQL lives in the repositories; everybody else calls their verbs. */
export class Database {
  readonly #pool: pg.Pool;
  /** Transactions that may last leave most of the pool to those that do not: heartbeats among them. */
  readonly #lasting: Turns;
  #failed = false;
  /** Milliseconds of `performance.now()` when the database answered again after it had failed. */
  reconnectedAt = -Infinity;

  private constructor(
    private readonly url: string,
    poolSize: number,
    private readonly heartbeat: typeof HEARTBEAT,
  ) {
    this.#lasting = new Turns(Math.max(1, Math.floor(poolSize / 4)));
    const bounds = { max: poolSize, connectionTimeoutMillis: 5_000, idleTimeoutMillis: IDLE_MS, keepAlive: true };
    this.#pool = new pg.Pool({ connectionString: url, options: SESSION_SETTINGS, ...bounds });
    // A session that ends between two statements is noticed by the next one.
    this.#pool.on('error', () => undefined);
    this.#pool.on('connect', (client) => client.on('error', () => undefined));
  }

  static async open(url: string, poolSize = 10, heartbeat = HEARTBEAT): Promise<Database> {
    const database = new Database(url, poolSize, heartbeat);
    try {
      await database.#pool.query('SELECT 1');
    } catch (cause) {
      await database.close();
      throw new AppError('dependency_unavailable', 'the database does not answer', { cause });
    }
    return database;
  }

  /** @throws AppError dependency_unavailable when the database cannot be reached or refuses for a passing reason. */
  async query<Row>(statement: string | Prepared, parameters: readonly unknown[] = []): Promise<Row[]> {
    return this.#guard(async () => {
      const client = await this.#pool.connect();
      let failed = true;
      try {
        const { rows } = await this.#ask(client, configOf(statement, parameters));
        failed = false;
        return rows as Row[];
      } finally {
        client.release(failed);
      }
    });
  }

  /**
   * All of it or nothing; done again where the database gave it up for another's sake, so `work` changes nothing else that cannot be done twice.
   * With a signal it may last, and waits for others that may: once the signal is aborted the statement that is at work ends, nothing follows
   * it and nothing is committed.
   */
  async transaction<T>(
    work: (tx: Database['query'], copy: CopyRows) => Promise<T>,
    { signal }: { readonly signal?: AbortSignal | undefined } = {},
  ): Promise<T> {
    return this.#guard(async () => {
      const leave = await (signal && this.#lasting.take(signal));
      const client = await this.#pool.connect().catch((error: unknown) => {
        leave?.();
        throw error;
      });
      let stopping: (() => Promise<boolean>) | undefined;
      let kept = false;
      // A session in the middle of a COPY that was given up is none to keep; without it the server forgets what came.
      let copying = false;
      const query = async <Row>(statement: string | Prepared, parameters: readonly unknown[] = []): Promise<Row[]> => {
        signal?.throwIfAborted();
        const { rows } = await this.#ask(client, configOf(statement, parameters));
        return rows as Row[];
      };
      const copy: CopyRows = async (statement, rows) => {
        copying = true;
        const target = client.query(copyFrom(statement + sqlComment()));
        let handedOn = false;
        const told = async function* (): AsyncGenerator<Uint8Array> {
          for await (const piece of rows) {
            handedOn = true;
            yield piece;
            handedOn = false;
          }
          handedOn = true;
        };
        await this.#answered(client, pipeline(told, target, { signal }), () => handedOn);
        copying = false;
        return target.rowCount;
      };
      try {
        if (signal) stopping = await this.#stopping(client, signal);
        await this.#ask(client, { text: 'BEGIN' });
        const result = await work(query, copy);
        signal?.throwIfAborted();
        await this.#ask(client, { text: 'COMMIT' });
        kept = true;
        return result;
      } catch (error) {
        // A session that cannot even do this is none to keep either.
        if (!copying)
          await this.#ask(client, { text: 'ROLLBACK' })
            .then(() => (kept = true))
            .catch(() => undefined);
        throw signal?.aborted === true ? signal.reason : error;
      } finally {
        const stopped = await stopping?.();
        client.release(!kept || stopped === true);
        leave?.();
      }
    });
  }

  #ask(client: pg.PoolClient, statement: pg.QueryConfig): Promise<pg.QueryResult> {
    return this.#answered(client, client.query(statement));
  }

  /**
   * The answer of a session of the pool. Both ends of a connection may believe in it while nothing passes: such a session is ended here, and
   * what was asked fails, or it would wait for ever while its stage is kept by heartbeats over another session. `isAwaited`: the database has
   * the next word.
   */
  async #answered<T>(client: pg.PoolClient, answer: Promise<T>, isAwaited = (): boolean => true): Promise<T> {
    let answered = false;
    const { silenceMs, patienceMs } = this.heartbeat;
    let silent = 0;
    const look = async (): Promise<void> => {
      if (!isAwaited()) return;
      const atWork = await this.#isAtWork(client);
      // A database that answers nobody may only have no room for one more.
      if (atWork === true || (atWork === undefined && ++silent < MOST_SILENT_LOOKS)) return;
      await pause(patienceMs); // its answer may be on the way
      if (!answered && isAwaited()) abandon(client);
    };
    const looks = setInterval(() => void look(), silenceMs);
    try {
      return await answer;
    } finally {
      answered = true;
      clearInterval(looks);
    }
  }

  /** Whether the database works for that session, asked over a connection of its own; undefined where it does not answer. */
  async #isAtWork(client: pg.PoolClient): Promise<boolean | undefined> {
    const { processID } = client as unknown as { readonly processID: number };
    const { patienceMs } = this.heartbeat;
    const bounds = { connectionTimeoutMillis: patienceMs, query_timeout: patienceMs };
    const witness = new pg.Client({ connectionString: this.url, application_name: 'attune witness', ...bounds });
    witness.on('error', () => undefined); // what was asked fails
    try {
      await witness.connect();
      const { rows } = await witness.query(
        `SELECT 1 FROM pg_stat_activity WHERE pid = $1 AND state = 'active' AND wait_event_type IS DISTINCT FROM 'Client'`,
        [processID],
      );
      return rows.length > 0;
    } catch {
      return undefined;
    } finally {
      abandon(witness);
    }
  }

  /** Ends what a session is at once the signal is aborted. Answers how to stop looking, which tells whether anything was sent: it may yet meet a later statement. */
  async #stopping(client: pg.PoolClient, signal: AbortSignal): Promise<() => Promise<boolean>> {
    const { rows } = await client.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
    let sent: Promise<unknown> | undefined;
    const stop = (): void => {
      sent = this.#pool.query('SELECT pg_cancel_backend($1)', [rows[0]!.pid]).catch(() => undefined);
    };
    signal.addEventListener('abort', stop, { once: true });
    return async () => {
      signal.removeEventListener('abort', stop);
      await sent;
      return sent !== undefined;
    };
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
    const client = new pg.Client({ connectionString: this.url, keepAlive: true, connectionTimeoutMillis: 5_000, application_name: name });
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
    const { totalCount, idleCount, waitingCount } = this.#pool;
    return { used: totalCount - idleCount, idle: idleCount, waiting: waitingCount };
  }

  async close(): Promise<void> {
    await this.#pool.end();
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

function configOf(statement: string | Prepared, parameters: readonly unknown[]): pg.QueryConfig {
  const values = [...parameters];
  return typeof statement === 'string' ? { text: statement + sqlComment(), values } : { ...statement, values };
}

function isPassing(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const { code, message } = error as { code?: string; message: string };
  return (
    (code !== undefined && (PASSING.test(code) || SOCKET.has(code))) ||
    /Connection terminated|timeout exceeded when trying to connect|Client has encountered/.test(message)
  );
}
