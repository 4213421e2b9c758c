import { type PriorityClass, WORKER_SERVICES } from '@attune/core';
import { type Database, prepared } from './database.js';

/** Cost of one shard in virtual time; weights divide it. */
export const SHARD_COST = 1_000;

/** What a class weighs for a tenant that nothing else was said for: of the workers a tenant has, bulk gets a fifth while interactive jobs wait. */
export const CLASS_WEIGHTS: Readonly<Record<PriorityClass, number>> = { interactive: 4, bulk: 1 };

/**
 * No stage that is ready or running has a smaller place. Whoever looks for the first one begins here: a transaction that stays open keeps the
 * index entries of everything that was done since, and they all come before it.
 */
export const FAIR_BOUND = `coalesce((SELECT at FROM attune.fair_floor), 0)`;

/** The bound is what the floor was so long ago at least, so that it is below the places that transactions under way have given. */
const BOUND_LAG = `interval '10 seconds'`;

/** The smallest place of all that is ready or running and fits the condition: a few looks into an index, however long the queues. */
export function floorOf(condition: string): string {
  const first = (service: string): string =>
    `(SELECT fair_at FROM attune.job_stages WHERE service = '${service}' AND status IN ('ready','running') AND ${condition} ORDER BY fair_at LIMIT 1)`;
  return `SELECT coalesce(least(${WORKER_SERVICES.map(first).join()}), (SELECT max(virtual_time) FROM attune.tenant_flow), 0) AS at`;
}

/**
 * Moves the bound on. The floor only rises, as long as places are given here only; should there be one below the bound all the same, the
 * bound goes down to it at once, and it is found.
 */
export async function moveFairBound(query: Database['query']): Promise<void> {
  await query(
    `WITH floor AS (${floorOf('true')})
     INSERT INTO attune.fair_floor AS f (at, seen, seen_at) SELECT 0, floor.at, now() FROM floor
     ON CONFLICT (only_row) DO UPDATE SET at = least(f.seen, excluded.seen), seen = excluded.seen, seen_at = now()
       WHERE f.seen_at <= now() - ${BOUND_LAG} OR excluded.seen < f.at`,
  );
}

/** But for those of the job that is to get a place: they may have none yet. */
const OTHERS = `fair_at >= ${FAIR_BOUND} AND job_id <> $1`;

interface Shard {
  readonly stage: string;
  readonly shard: number;
}

/** The flow of the job pays for one shard: its virtual time moves on by cost / weight. */
const CHARGED = `class AS (SELECT tenant_id, priority_class, ($5::jsonb ->> priority_class)::integer AS weight FROM attune.jobs WHERE id = $1),
  floor AS (${floorOf(OTHERS)}),
  flow AS (
    INSERT INTO attune.tenant_flow AS f (tenant_id, priority_class, virtual_time, weight)
    SELECT class.tenant_id, class.priority_class, floor.at + $4::bigint / class.weight, class.weight FROM class, floor
    ON CONFLICT (tenant_id, priority_class)
      DO UPDATE SET virtual_time = greatest(f.virtual_time, (SELECT at FROM floor)) + $4::bigint / f.weight
    RETURNING virtual_time, $4::bigint / weight AS cost
  )`;

/**
 * Start-time fair queueing: fair_at = max(virtual time of the flow, smallest in flight), and the flow's virtual time moves on by cost / weight
 * (jobs.md, section 4.3). A flow is one class of one tenant. While nothing is in flight time stands at the furthest flow, so that past work is
 * no debt.
 */
export async function giveFairPlace(query: Database['query'], jobId: string, { stage, shard }: Shard): Promise<void> {
  await query(
    prepared(`WITH ${CHARGED}
     UPDATE attune.job_stages SET fair_at = flow.virtual_time - flow.cost, ready_at = now() FROM flow WHERE job_id = $1 AND stage = $2 AND shard = $3`),
    [jobId, stage, shard, SHARD_COST, JSON.stringify(CLASS_WEIGHTS)],
  );
}

/** The furthest place of the job; one that waited for long has none before the others. */
const KEPT = `greatest((SELECT max(fair_at) FROM attune.job_stages WHERE job_id = $1), floor.at)`;

/**
 * A job that has begun keeps its place: were its next stage put behind all jobs that came meanwhile, none of many would end before all of them
 * had begun. It has paid when it was submitted; what it is split into pays, and follows behind it, one shard after another.
 */
export async function keepFairPlace(query: Database['query'], jobId: string, [first, ...further]: readonly Shard[]): Promise<void> {
  if (first === undefined) return;
  await query(
    prepared(`WITH floor AS (${floorOf(OTHERS)})
     UPDATE attune.job_stages SET fair_at = ${KEPT}, ready_at = now() FROM floor WHERE job_id = $1 AND stage = $2 AND shard = $3`),
    [jobId, first.stage, first.shard],
  );
  for (const { stage, shard } of further)
    await query(
      prepared(`WITH ${CHARGED}
       UPDATE attune.job_stages SET fair_at = ${KEPT} + flow.cost, ready_at = now() FROM flow, floor WHERE job_id = $1 AND stage = $2 AND shard = $3`),
      [jobId, stage, shard, SHARD_COST, JSON.stringify(CLASS_WEIGHTS)],
    );
}
