import { createPostgresBackend, createRedisBackend, Queue, type QueueOptions, Worker, type WorkerOptions } from 'bullmq';

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

const POSTGRES_CLIENT = {
  schema: QUEUE_SCHEMA,
  max: 2,
  migrate: false as const,
  options: POSTGRES_OPTIONS,
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

/** A BullMQ queue whose backend follows from its connection, so that both backends live in one process. */
export class RingQueue extends Queue {
  constructor(name: string, options: QueueOptions) {
    if (isRedis(options.connection)) super(name, options, createRedisBackend);
    else super(name, options, createPostgresBackend as never);
  }
}

export class RingWorker extends Worker {
  constructor(name: string, processor: () => Promise<void>, options: WorkerOptions) {
    if (isRedis(options.connection)) super(name, processor, options, createRedisBackend);
    else super(name, processor, options, createPostgresBackend as never);
  }
}
