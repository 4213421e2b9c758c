const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

/** How long to wait after each failed try (Standard Webhooks; api.md, section 7). */
const DELAYS_MS = [5 * SECOND, 5 * MINUTE, 30 * MINUTE, 2 * HOUR, 5 * HOUR, 10 * HOUR, 14 * HOUR, 20 * HOUR, 24 * HOUR];
/** Share of a delay that chance adds or takes, so that what failed together does not come back together. */
const SPREAD = 0.2;

/** Milliseconds until the next try after `failures` failed ones; undefined when there is none. `jitter` is 0 to 1. */
export function retryDelayMs(failures: number, jitter: number): number | undefined {
  const delay = DELAYS_MS[failures - 1];
  return delay === undefined ? undefined : Math.round(delay * (1 + SPREAD * (2 * jitter - 1)));
}
