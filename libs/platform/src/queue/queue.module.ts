import { BullModule, getQueueToken } from '@nestjs/bullmq';
import type { DynamicModule } from '@nestjs/common';
import { WORKER_SERVICES, type WorkerService } from '@attune/core';
import type { Queue } from 'bullmq';
import { BullMQOtel } from 'bullmq-otel';
import { QUEUE_SETTINGS, queueConnection, RingQueue } from './backend.js';
import { type OnFailed, Rings } from './rings.js';

/** Name of a service's queue. */
export const queueName = (service: WorkerService): string => `attune-${service}`;

/** Every queue is built here, and here only. */
export function queueModule(url: string, onFailed: OnFailed): DynamicModule {
  BullModule.queueClass = RingQueue;
  const registered = BullModule.registerQueue(...WORKER_SERVICES.map((service) => ({ name: queueName(service) })));
  return {
    module: class QueueModule {},
    global: true,
    imports: [
      BullModule.forRoot({
        connection: queueConnection(url),
        ...QUEUE_SETTINGS,
        telemetry: new BullMQOtel({ tracerName: 'attune' }),
      }),
      registered,
    ],
    providers: [
      {
        provide: Rings,
        inject: WORKER_SERVICES.map((service) => getQueueToken(queueName(service))),
        useFactory: (...queues: Queue[]) => {
          for (const queue of queues) queue.on('error', (error) => onFailed('queue', error));
          return new Rings(new Map(WORKER_SERVICES.map((service, index) => [service, queues[index]!])), onFailed);
        },
      },
    ],
    exports: [Rings],
  };
}
