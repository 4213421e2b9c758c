import { setTimeout as pause } from 'node:timers/promises';
import { createPostgresBackend, createRedisBackend, Queue, type QueueOptions, Worker, type WorkerOptions } from 'bullmq';
import pg from 'pg';
import { abandon } from '../database/abandon.js';

/** BullMQ's schema in a Postgres database. */
export const QUEUE_SCHEMA = 'bullmq';

/** Connection of a queue: a Postgres pool of its own, or Redis. */
export type QueueConnection = (typeof POSTGRES_CLIENT & { connectionString: string }) | (typeof REDIS_CLIENT & { url: string });

/** Losing a ring is legal, so the queue's transactions need not wait for the disk (jobs.md, section 4). */
const POSTGRES_OPTIONS = '-c synchronous_commit=off -c statement_timeout=15000';

/**
 * A peer that is gone without a word (a half-open connection) is given up on after so long: more than a statement may take on Postgres, and than
 * the 10 s for which BullMQ blocks on Redis.
 */
const ANSWER_MS = 16_000;

/** Between two looks at a database that was not ready. */
const ANEW_MS = 500;

const POSTGRES_CLIENT = {
  // Of a listener one is taken for good, to listen.
  max: 3,
  options: `${POSTGRES_OPTIONS} -c search_path=${QUEUE_SCHEMA}`,
  keepAlive: true,
  connectionTimeoutMillis: 5_000,
  query_timeout: ANSWER_MS,
};
const REDIS_CLIENT = { maxRetriesPerRequest: null, socketTimeout: ANSWER_MS };

export function isRedisUrl(url: string): boolean {
  return url.startsWith('redis');
}

export function queueConnection(url: string): QueueConnection {
  return isRedisUrl(url) ? { ...REDIS_CLIENT, url } : { ...POSTGRES_CLIENT, connectionString: url };
}

/** The fixed settings of every queue (jobs.md, section 5). A ring carries ids only and leaves nothing behind. */
export const QUEUE_SETTINGS = {
  defaultJobOptions: { attempts: 1, removeOnComplete: true, removeOnFail: true, keepLogs: 0, sizeLimit: 4096 },
  streams: { events: { maxLen: 1000 } },
} as const;

/** The fixed settings of every worker: what BullMQ believes of locks never decides anything here. */
export const WORKER_SETTINGS = { lockDuration: 10_000, stalledInterval: 5_000, maxStalledCount: 10, autorun: true } as const;

const isRedis = (connection: unknown): boolean => typeof connection === 'object' && connection !== null && 'url' in connection;

/**
 * BullMQ takes clients from its pool without listening to them, and a session that the database ends between two of its statements ends the
 * process then. This client is listened to from the beginning; what is asked of it next fails, and that is told. One that has not answered in
 * time ends: it would keep whatever is asked of it waiting behind that question, for ever where its other end is gone.
 */
class QueueClient extends pg.Client {
  constructor(config?: pg.ClientConfig) {
    super(config);
    this.on('error', () => undefined);
    // Every way to ask ends here.
    const ask = this.query.bind(this) as (...question: unknown[]) => unknown;
    this.query = ((...question: unknown[]) => {
      const answer = ask(...question);
      if (answer instanceof Promise) answer.catch((error: unknown) => void (isLate(error) && abandon(this)));
      return answer;
    }) as typeof this.query;
  }
}

const isLate = (error: unknown): boolean => error instanceof Error && error.message === 'Query read timeout';

/** Connections of one queue or worker to Postgres. */
export function queuePool(connection: pg.PoolConfig): pg.Pool {
  return new pg.Pool({ ...connection, Client: QueueClient });
}

const poolOf = (connection: unknown): pg.Pool | undefined => (isRedis(connection) ? undefined : queuePool(connection as pg.PoolConfig));

const backendOf = (pool: pg.Pool | undefined): typeof createRedisBackend =>
  pool === undefined ? createRedisBackend : (createPatientBackend as never);

/** Part of a backend that looks at the database once before all else, and keeps what came of it. */
interface Ready {
  readyPromise?: Promise<void> | undefined;
  waitUntilReady(): Promise<void>;
}

/**
 * A first look that fails, because the database restarts or a connection is half-open, would be kept for ever: a queue would never ring again,
 * and a worker ask again without a pause. The next question looks anew here, a little later.
 */
const createPatientBackend: typeof createPostgresBackend = (...given) => {
  const backend = createPostgresBackend(...given);
  for (const part of [backend, (backend as unknown as { readonly connection: Ready }).connection] as unknown as Ready[]) {
    const ready = part.waitUntilReady.bind(part);
    part.waitUntilReady = () =>
      ready().catch(async (error: unknown) => {
        part.readyPromise = undefined;
        await pause(ANEW_MS);
        throw error;
      });
  }
  return backend;
};

/** A pool that BullMQ was given is ours to end. Nobody waits for a connection whose other end may be gone. */
function endOf(pool: pg.Pool | undefined): void {
  pool?.end().catch(() => undefined);
}

/** A BullMQ queue whose backend follows from its connection, so that both backends live in one process. */
export class RingQueue extends Queue {
  readonly #pool: pg.Pool | undefined;

  constructor(name: string, options: QueueOptions) {
    const pool = poolOf(options.connection);
    super(name, { ...options, connection: pool ?? options.connection }, backendOf(pool));
    this.#pool = pool;
  }

  override async close(): Promise<void> {
    await super.close();
    endOf(this.#pool);
  }
}

export class RingWorker extends Worker {
  readonly #pool: pg.Pool | undefined;

  constructor(name: string, processor: () => Promise<void>, options: WorkerOptions) {
    const pool = poolOf(options.connection);
    super(name, processor, { ...options, connection: pool ?? options.connection }, backendOf(pool));
    this.#pool = pool;
  }

  override async close(force?: boolean): Promise<void> {
    await super.close(force);
    endOf(this.#pool);
  }
}
