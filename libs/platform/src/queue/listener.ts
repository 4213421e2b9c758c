import type { WorkerService } from '@attune/core';
import { BullMQOtel } from 'bullmq-otel';
import { QUEUE_SETTINGS, queueConnection, RingWorker, WORKER_SETTINGS } from './backend.js';
import { Hearing, SILENCE_MS } from './hearing.js';
import { queueName } from './queue.module.js';
import type { OnFailed } from './rings.js';

const LOOK_MS = 5_000;

export interface ListenerParts {
  readonly url: string;
  readonly service: WorkerService;
  readonly slots: number;
  readonly work: () => Promise<void>;
  /** Rings of the service that nobody has taken yet, asked for over another connection. Rejects when the queue does not answer. */
  readonly waiting: () => Promise<number>;
  /** The listener was deaf and listens anew. */
  readonly onRebuilt: () => void;
  readonly onFailed: OnFailed;
  /** How long a silence is suspicious, and how often to look then. */
  readonly patience?: { readonly silenceMs: number; readonly lookMs: number };
}

/**
 * Listens for the rings of one service and works on the next stage inside each: waiting and active counts mean what operators expect.
 * A client that has gone deaf is replaced; until then the tick does the work.
 */
export class RingListener {
  readonly #hearing: Hearing;
  readonly #watchdog: NodeJS.Timeout;
  #worker: RingWorker;
  #looking = false;
  #closed = false;

  constructor(private readonly parts: ListenerParts) {
    const { silenceMs, lookMs } = parts.patience ?? { silenceMs: SILENCE_MS, lookMs: LOOK_MS };
    this.#hearing = new Hearing(performance.now(), silenceMs);
    this.#worker = this.#listen();
    this.#watchdog = setInterval(() => void this.#look(), lookMs).unref();
  }

  /** Work was found that no ring had announced. */
  missed(): void {
    this.#hearing.missed();
  }

  /** Stops taking rings; `force` does not wait for those being worked on. */
  async close(force: boolean): Promise<void> {
    this.#closed = true;
    clearInterval(this.#watchdog);
    await this.#worker.close(force);
  }

  #listen(): RingWorker {
    const { url, service, slots, work, onFailed } = this.parts;
    const heard = (): Promise<void> => {
      this.#hearing.heard(performance.now());
      return work();
    };
    const worker = new RingWorker(queueName(service), heard, {
      connection: queueConnection(url),
      ...QUEUE_SETTINGS,
      ...WORKER_SETTINGS,
      concurrency: slots,
      telemetry: new BullMQOtel({ tracerName: 'attune' }),
    });
    worker.on('error', (error) => onFailed('queue', error));
    worker.on('failed', (_ring, error) => onFailed('ring', error));
    return worker;
  }

  async #look(): Promise<void> {
    if (this.#looking || !this.#hearing.inDoubt(performance.now())) return;
    this.#looking = true;
    try {
      if (this.#hearing.isDeaf(await this.parts.waiting()) && !this.#closed) this.#rebuild();
    } catch (error) {
      // A queue that is down answers nobody: a new client would be as silent.
      this.parts.onFailed('queue', error);
    } finally {
      this.#looking = false;
    }
  }

  /** The deaf client is closed beside the new one: on a dead connection that may take for ever. What it was working on goes on. */
  #rebuild(): void {
    const deaf = this.#worker;
    this.#worker = this.#listen();
    this.#hearing.heard(performance.now());
    deaf.close(true).catch((error: unknown) => this.parts.onFailed('queue', error));
    this.parts.onRebuilt();
  }
}
