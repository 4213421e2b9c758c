import type { Database } from './database.js';

/** Retries are at most this share of the first tries of the last minute (jobs.md, section 4). */
const SHARE = 0.1;
/** So many a minute are always allowed, and so many at once: a quiet system tries again as well. */
export const FLOOR = 10;
/** No retry is put off for longer: by then the first tries of the storm are over, and its retries are spread. */
export const LONGEST_MS = 900_000;

/**
 * Takes one retry out of the budget of a dependency, once over all workers, and answers how many milliseconds it has to wait for its turn;
 * 0 while there is some budget left. Retries that wait stand in a line: each gets a turn of its own, so none is lost and they come one by one.
 * `jitter` in [0, 1) spreads those for whom the line is too long.
 */
export async function takeRetry(query: Database['query'], dependency: string, jitter: number): Promise<number> {
  const [line] = await query<{ ahead_ms: number; gap_ms: number }>(
    `WITH pace AS (
       SELECT interval '1 minute' / greatest($2::float8, $3::float8 * count(*)) AS gap
       FROM attune.attempts WHERE epoch = 1 AND started_at > now() - interval '1 minute'
     ), taken AS (
       INSERT INTO attune.retry_budgets AS b (dependency, next_at) SELECT $1, now() + gap FROM pace
       ON CONFLICT (dependency) DO UPDATE
         SET next_at = least(greatest(b.next_at, now()) + (excluded.next_at - now()), now() + $4::float8 * interval '1 millisecond')
       RETURNING next_at
     )
     SELECT (extract(epoch from taken.next_at - now()) * 1000)::float8 AS ahead_ms, (extract(epoch from gap) * 1000)::float8 AS gap_ms FROM taken, pace`,
    [dependency, FLOOR, SHARE, LONGEST_MS],
  );
  const { ahead_ms: ahead, gap_ms: gap } = line!;
  if (ahead >= LONGEST_MS) return Math.floor((LONGEST_MS * (1 + jitter)) / 2);
  return Math.max(0, Math.ceil(ahead - FLOOR * gap));
}
