import { describeRedis } from '@attune/testing';
import { Installation } from './installation.js';

/**
 * The same tests against the two shapes that differ most: in one process with the queue in Postgres, and split with the queue in Redis.
 * The fault tests work on the split one with the queue in Postgres.
 */
export function describeShapes(tests: (start: () => Promise<Installation>) => void): void {
  describe('all-in-one, queue in Postgres', () => tests(() => Installation.start()));
  describeRedis('split, queue in Redis', (url) => tests(() => Installation.startSplit({ ATTUNE_QUEUE_URL: ownDatabase(url) })));
}

let taken = 0;

/** One of the numbered databases of a Redis, so that installations do not ring each other. */
function ownDatabase(url: string): string {
  const own = new URL(url);
  own.pathname = `/${1 + (taken++ % 15)}`;
  return own.href;
}
