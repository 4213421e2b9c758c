import type { ErrorCode } from '@attune/core';
import type { Dice } from './dice.fixture.js';

/** How bad one schedule is: each has its own mixture, so that some faults meet without all the others. */
export interface Weather {
  /** Of a transaction, that nothing of it happens. */
  readonly aborted: number;
  /** Of a transaction, that it commits and nobody is told. */
  readonly unheard: number;
  readonly ringLost: number;
  readonly ringTwice: number;
  readonly ringLateMs: number;
  readonly storeFails: number;
  readonly stageFails: number;
  /** Of what fails for want of a dependency, that the dependency as a whole is down. */
  readonly parks: number;
  readonly codes: readonly ErrorCode[];
  /** Between two blows at a process or a server, in milliseconds. */
  readonly blowMs: number;
  readonly longestStageMs: number;
}

const CODES: readonly ErrorCode[] = ['dependency_unavailable', 'storage_full', 'engine.failed', 'internal', 'encoding', 'artifact_corrupt'];

export function weatherOf(dice: Dice): Weather {
  const some = (most: number): number => (dice.happens(0.5) ? 0 : dice.next() * most);
  return {
    aborted: some(0.2),
    unheard: some(0.15),
    ringLost: dice.happens(0.2) ? 1 : some(1),
    ringTwice: some(1),
    ringLateMs: some(60_000),
    storeFails: some(0.2),
    stageFails: some(0.5),
    parks: some(1),
    codes: dice.happens(0.3) ? [dice.pick(CODES)] : CODES,
    blowMs: dice.pick([1_500, 6_000, 20_000, Infinity]),
    longestStageMs: dice.pick([50, 3_000, 20_000]),
  };
}

/** When everything works again, but for the queue: jobs come to their end without it. */
export const calmAfter = ({ ringLost, ringTwice, ringLateMs, codes }: Weather): Weather => ({
  ...{ ringLost, ringTwice, ringLateMs, codes },
  ...{ aborted: 0, unheard: 0, storeFails: 0, stageFails: 0, parks: 0, blowMs: Infinity, longestStageMs: 50 },
});
