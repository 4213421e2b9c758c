import type { IncomingMessage } from 'node:http';

/** How much and how long a refused body is read on: a client that is cut off while it writes never sees the answer. */
const DRAIN_BYTES = 32 * 1024 * 1024;
const DRAIN_MS = 1000;

/** Reads what is left of a refused body, within bounds; a second call has nothing left to do. */
export async function drain(request: IncomingMessage): Promise<void> {
  if (request.readableEnded || request.destroyed) return;
  await new Promise<void>((resolve) => {
    const timer = setTimeout(resolve, DRAIN_MS);
    const done = (): void => {
      clearTimeout(timer);
      resolve();
    };
    let left = DRAIN_BYTES;
    request.on('data', (chunk: Buffer) => {
      left -= chunk.length;
      if (left < 0) done();
    });
    for (const event of ['end', 'close', 'error']) request.once(event, done);
    request.resume();
  });
}
