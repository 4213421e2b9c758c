import type { CatchUp } from '@attune/api';
import { type Calendar, dueAfter, dueBetween } from './due-times.js';

/** Most due times that are looked at one by one; of times that were missed before those only the span is written down. */
export const MOST_CAUGHT_UP = 100;

/** A due time of a minute ago is not missed: leaders change, and passes take a moment. */
const ON_TIME_MS = 60_000;

/** What is to become of the due times of one schedule; milliseconds since 1970. */
export interface Decision {
  /** Each makes one job; oldest first. */
  readonly fire: readonly number[];
  /** `through`: the last of the due times that this one stands for. */
  readonly skip: readonly { readonly dueAt: number; readonly through: number | null }[];
  readonly firedThrough: number;
  /** Null when no time ever comes. */
  readonly nextDueAt: number | null;
}

/** Decides on everything that is due by `now`, of which `nextDueAt` is the oldest. */
export function decideFires(calendar: Calendar, catchUp: CatchUp, nextDueAt: number, now: number): Decision {
  const { times, before } = dueBetween(calendar, nextDueAt, now, MOST_CAUGHT_UP);
  const newest = times.at(-1)!;
  const fire = firedOf(times, newest, catchUp, now);
  const fired = new Set(fire);
  return {
    fire,
    skip: [
      ...(before === undefined ? [] : [{ dueAt: nextDueAt, through: before }]),
      ...times.filter((time) => !fired.has(time)).map((dueAt) => ({ dueAt, through: null })),
    ],
    firedThrough: newest,
    nextDueAt: dueAfter(calendar, now) ?? null,
  };
}

function firedOf(times: readonly number[], newest: number, catchUp: CatchUp, now: number): readonly number[] {
  switch (catchUp) {
    case 'none':
      return now - newest < ON_TIME_MS ? [newest] : [];
    case 'last':
      return [newest];
    case 'all':
      return times;
  }
}
