import { WORKER_SERVICES } from '@attune/core';
import { QUEUE_SETTINGS, queueConnection, RingQueue } from './backend.js';
import { queueName } from './queue.module.js';

/** Removes every ring of every service: of a queue that is older than its database they say nothing, and the tick finds all work. */
export async function emptyQueues(url: string): Promise<void> {
  for (const service of WORKER_SERVICES) {
    const queue = new RingQueue(queueName(service), { connection: queueConnection(url), ...QUEUE_SETTINGS });
    queue.on('error', () => undefined); // the call below rejects
    try {
      await queue.obliterate({ force: true });
      await queue.resume();
    } finally {
      await queue.close();
    }
  }
}
