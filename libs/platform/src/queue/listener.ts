import type { WorkerService } from '@attune/core';
import { BullMQOtel } from 'bullmq-otel';
import { QUEUE_SETTINGS, queueConnection, RingWorker, WORKER_SETTINGS } from './backend.js';
import { queueName } from './queue.module.js';
import type { OnFailed } from './rings.js';

/** Listens for the rings of one service and works on the next stage inside each: waiting and active counts mean what operators expect. */
export class RingListener {
  readonly #worker: RingWorker;

  constructor(url: string, service: WorkerService, slots: number, work: () => Promise<void>, onFailed: OnFailed) {
    this.#worker = new RingWorker(queueName(service), work, {
      connection: queueConnection(url),
      ...QUEUE_SETTINGS,
      ...WORKER_SETTINGS,
      concurrency: slots,
      telemetry: new BullMQOtel({ tracerName: 'attune' }),
    });
    this.#worker.on('error', (error) => onFailed('queue', error));
    this.#worker.on('failed', (_ring, error) => onFailed('ring', error));
  }

  /** Stops taking rings; `force` does not wait for those being worked on. */
  async close(force: boolean): Promise<void> {
    await this.#worker.close(force);
  }
}
