import { AppError, type WorkerService } from '@attune/core';
import { decide, type Effect, type JobEvent, type JobState, type StageState } from '@attune/pipeline';
import type { Database } from './database.js';
import { JOB_COLUMNS, type JobRow, STAGE_COLUMNS, type StageRow, stateOf } from './job-rows.js';

type Query = Database['query'];

export interface Transition {
  readonly job: JobRow;
  readonly before: JobState;
  readonly after: JobState;
  readonly effects: readonly Effect[];
  /** Services that have new ready work: ring them after the commit. */
  readonly rings: readonly WorkerService[];
}

/** Cost of one shard in virtual time; weights divide it. */
const SHARD_COST = 1_000;

/**
 * Lets the pure machine decide on one event and writes what it says, all inside the caller's transaction:
 * rows, history, attempts and fair place together. The job row is locked first, always.
 */
export async function transition(query: Query, jobId: string, event: JobEvent): Promise<Transition> {
  const [job] = await query<JobRow & { now: number }>(
    `SELECT ${JOB_COLUMNS}, (extract(epoch from now()) * 1000)::float8 AS now FROM attune.jobs WHERE id = $1 FOR UPDATE`,
    [jobId],
  );
  if (!job) throw new AppError('not_found', 'there is no such job');
  const stages = await query<StageRow>(`SELECT ${STAGE_COLUMNS} FROM attune.job_stages WHERE job_id = $1 ORDER BY position, shard`, [
    jobId,
  ]);
  const before = stateOf(job, stages);
  const { state: after, effects } = decide(before, event, job.now);
  await writeJob(query, job, before, after);
  await writeStages(query, jobId, before.stages, after.stages);
  const rings = await writeEffects(query, job, effects);
  return { job, before, after, effects, rings };
}

async function writeJob(query: Query, job: JobRow, before: JobState, after: JobState): Promise<void> {
  const open = after.stages.findIndex((stage) => stage.status !== 'done');
  // During a review the job stands at the stage that asks.
  const place = open < 0 ? after.stages.length - 1 : after.status === 'awaiting_review' ? open - 1 : open;
  const current = after.error?.stage ?? after.stages[place]!.name;
  const unchanged =
    before.status === after.status &&
    before.cancelRequested === after.cancelRequested &&
    before.generation === after.generation &&
    before.stages.every((stage, index) => stage.status === after.stages[index]!.status);
  if (unchanged) return;
  await query(
    `UPDATE attune.jobs SET status = $2, stage = $3, version = version + 1, cancel_requested = $4, error = $5::jsonb,
       cancel_requested_at = CASE WHEN $4 AND cancel_requested_at IS NULL THEN now() ELSE cancel_requested_at END,
       started_at = CASE WHEN generation <> $6 THEN now() WHEN $2 = 'processing' THEN coalesce(started_at, now()) ELSE started_at END,
       kept_errors_found = CASE WHEN generation <> $6 THEN errors_found ELSE kept_errors_found END,
       errors_found = CASE WHEN $7 < $6 AND $2 IN ('failed','cancelled','expired') THEN kept_errors_found ELSE errors_found END,
       generation = $6, kept_generation = $7, deadline_at = CASE WHEN generation <> $6 THEN NULL ELSE deadline_at END,
       completed_at = CASE WHEN $2 IN ('completed','failed','cancelled','expired') THEN now() ELSE NULL END
     WHERE id = $1`,
    [
      job.id,
      after.status,
      current,
      after.cancelRequested,
      after.error && JSON.stringify(after.error),
      after.generation,
      after.keptGeneration,
    ],
  );
}

/** Shards are matched by what they are: a resubmission adds one, and forgets those of an earlier resubmission that came to nothing. */
async function writeStages(query: Query, jobId: string, before: readonly StageState[], after: readonly StageState[]): Promise<void> {
  const same = (one: StageState) => (other: StageState) => one.name === other.name && one.shard === other.shard;
  for (const gone of before.filter((stage) => !after.some(same(stage))))
    await query(`DELETE FROM attune.job_stages WHERE job_id = $1 AND stage = $2 AND shard = $3`, [jobId, gone.name, gone.shard]);
  for (const stage of after) {
    const earlier = before.find(same(stage));
    if (earlier === undefined) await addShard(query, jobId, stage);
    else await writeStage(query, jobId, earlier, stage);
  }
}

async function addShard(query: Query, jobId: string, { name, shard, status }: StageState): Promise<void> {
  await query(
    `INSERT INTO attune.job_stages (tenant_id, job_id, stage, shard, position, service, status)
     SELECT tenant_id, job_id, stage, $3, position, service, $4 FROM attune.job_stages WHERE job_id = $1 AND stage = $2 AND shard = 0`,
    [jobId, name, shard, status],
  );
}

async function writeStage(query: Query, jobId: string, before: StageState, after: StageState): Promise<void> {
  if (before === after) return;
  await query(
    `UPDATE attune.job_stages SET status = $3, epoch = $4, attempt = $5, crash_count = $6, lost_count = $7, lease_owner = $8,
       lease_until = to_timestamp($9::float8 / 1000), next_run_at = to_timestamp($10::float8 / 1000), error = $11::jsonb,
       heartbeat_at = CASE WHEN $3 = 'running' THEN now() ELSE heartbeat_at END,
       started_at = CASE WHEN $3 = 'waiting' THEN NULL WHEN $3 = 'running' THEN coalesce(started_at, now()) ELSE started_at END,
       ready_at = CASE WHEN $3 = 'waiting' THEN NULL ELSE ready_at END,
       ended_at = CASE WHEN $3 IN ('done','failed','cancelled') THEN now() ELSE NULL END,
       progress = CASE WHEN $3 = 'done' THEN 1 WHEN $3 = 'waiting' THEN 0 ELSE progress END
     WHERE job_id = $1 AND stage = $2 AND shard = $12`,
    [
      jobId,
      after.name,
      after.status,
      after.epoch,
      after.attempt,
      after.crashCount,
      after.lostCount,
      after.leaseOwner,
      after.leaseUntil,
      after.nextRunAt,
      after.error && JSON.stringify(after.error),
      after.shard,
    ],
  );
}

/** Writes history, attempts and fair places; answers the services to ring. */
export async function writeEffects(
  query: Query,
  job: { id: string; tenant_id: string },
  effects: readonly Effect[],
): Promise<WorkerService[]> {
  const rings: WorkerService[] = [];
  for (const effect of effects) {
    switch (effect.type) {
      case 'history':
        await query(
          `INSERT INTO attune.job_events (tenant_id, job_id, seq, type, level, message, data)
           SELECT $1, $2, coalesce(max(seq), 0) + 1, $3, $4, $5, $6::jsonb FROM attune.job_events WHERE job_id = $2`,
          [job.tenant_id, job.id, effect.line.type, effect.line.level, effect.line.message, JSON.stringify(effect.line.data)],
        );
        break;
      case 'ready':
        await giveFairPlace(query, job, effect);
        rings.push(effect.service);
        break;
      case 'attempt_started':
        await query(`INSERT INTO attune.attempts (tenant_id, job_id, stage, shard, epoch, worker) VALUES ($1, $2, $3, $4, $5, $6)`, [
          job.tenant_id,
          job.id,
          effect.stage,
          effect.shard,
          effect.epoch,
          effect.worker,
        ]);
        break;
      case 'attempt_ended':
        await query(
          `UPDATE attune.attempts SET ended_at = now(), outcome = $4 WHERE job_id = $1 AND stage = $2 AND shard = $5 AND epoch = $3`,
          [job.id, effect.stage, effect.epoch, effect.outcome, effect.shard],
        );
        break;
      case 'terminal':
        break;
    }
  }
  return rings;
}

/**
 * Start-time fair queueing: fair_at = max(tenant's virtual time, smallest in flight), and the tenant's virtual time moves on by
 * cost / weight (jobs.md, section 4.3). While nothing is in flight time stands at the furthest tenant, so that past work is no debt.
 */
async function giveFairPlace(
  query: Query,
  job: { id: string; tenant_id: string },
  { stage, shard }: { stage: string; shard: number },
): Promise<void> {
  await query(
    `WITH class AS (SELECT priority_class FROM attune.jobs WHERE id = $2),
      floor AS (SELECT coalesce(min(fair_at), (SELECT max(virtual_time) FROM attune.tenant_flow), 0) AS at FROM attune.job_stages WHERE status IN ('ready','running') AND NOT (job_id = $2 AND stage = $3 AND shard = $5)),
      flow AS (
        INSERT INTO attune.tenant_flow AS f (tenant_id, priority_class, virtual_time)
        SELECT $1, class.priority_class, floor.at + $4::bigint FROM class, floor
        ON CONFLICT (tenant_id, priority_class)
          DO UPDATE SET virtual_time = greatest(f.virtual_time, (SELECT at FROM floor)) + $4::bigint / f.weight
        RETURNING virtual_time - $4::bigint / weight AS at
      )
     UPDATE attune.job_stages SET fair_at = flow.at, ready_at = now() FROM flow WHERE job_id = $2 AND stage = $3 AND shard = $5`,
    [job.tenant_id, job.id, stage, SHARD_COST, shard],
  );
}
