import { describeRedis } from '@attune/testing';
import { Installation } from './installation.js';

/** The same tests against every shape in which Attune runs: in one process and split, with the queue in Postgres and in Redis. */
export function describeShapes(tests: (start: () => Promise<Installation>) => void): void {
  describe('all-in-one, queue in Postgres', () => tests(() => Installation.start()));
  describe('split, queue in Postgres', () => tests(() => Installation.startSplit()));
  describeRedis('all-in-one, queue in Redis', (url) => tests(() => Installation.start({ ATTUNE_QUEUE_URL: ownDatabase(url) })));
  describeRedis('split, queue in Redis', (url) => tests(() => Installation.startSplit({ ATTUNE_QUEUE_URL: ownDatabase(url) })));
}

/** The two of them that differ most, for what does not depend on each of the two differences alone. */
export function describeTwoShapes(tests: (start: () => Promise<Installation>) => void): void {
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
