import { AppError, type WorkerService } from '@attune/core';
import { decide, type Effect, type HistoryLine, type JobEvent, type JobState, type StageState } from '@attune/pipeline';
import { type Database, prepared } from './database.js';
import { giveFairPlace, keepFairPlace } from './fair-place.js';
import { statusToTell, writeDueDeliveries } from './due-deliveries.js';
import { JOB_COLUMNS, type JobRow, STAGE_COLUMNS, STAGE_ORDER, type StageRow, stateOf } from './job-rows.js';
import { Writes } from './writes.js';

type Query = Database['query'];

export interface Transition {
  readonly job: JobRow;
  readonly before: JobState;
  readonly after: JobState;
  readonly effects: readonly Effect[];
  /** Services that have new ready work: ring them after the commit. */
  readonly rings: readonly WorkerService[];
}

/**
 * Lets the pure machine decide on one event and writes what it says, all inside the caller's transaction:
 * rows, history, attempts and fair place together. The job row is locked first, always.
 */
export async function transition(query: Query, jobId: string, event: JobEvent): Promise<Transition> {
  const [job] = await query<JobRow & { now: number }>(
    prepared(`SELECT ${JOB_COLUMNS}, (extract(epoch from now()) * 1000)::float8 AS now FROM attune.jobs WHERE id = $1 FOR UPDATE`),
    [jobId],
  );
  if (!job) throw new AppError('not_found', 'there is no such job');
  const stages = await query<StageRow>(
    prepared(`SELECT ${STAGE_COLUMNS} FROM attune.job_stages WHERE job_id = $1 ORDER BY ${STAGE_ORDER}`),
    [jobId],
  );
  const before = stateOf(job, stages);
  const { state: after, effects } = decide(before, event, job.now);
  const writes = new Writes();
  writeJob(writes, job, before, after);
  await writeStages(query, writes, jobId, before, after);
  await writeEffects(query, job, effects, writes);
  return { job, before, after, effects, rings: await placeReady(query, job.id, before, effects) };
}

/** What is ready now gets its place in the queue; answers the services to ring. A job that had stopped queues anew. */
async function placeReady(query: Query, jobId: string, before: JobState, effects: readonly Effect[]): Promise<readonly WorkerService[]> {
  const ready = effects.filter((effect) => effect.type === 'ready');
  if (before.status === 'processing') await keepFairPlace(query, jobId, ready);
  else for (const effect of ready) await giveFairPlace(query, jobId, effect);
  return ready.map(({ service }) => service);
}

function writeJob(writes: Writes, job: JobRow, before: JobState, after: JobState): void {
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
  writes.add((value) => {
    const [status, cancelled] = [`${value(after.status)}::text`, `${value(after.cancelRequested)}::boolean`];
    const [generation, kept] = [`${value(after.generation)}::integer`, `${value(after.keptGeneration)}::integer`];
    return `UPDATE attune.jobs SET status = ${status}, stage = ${value(current)}, version = version + 1, cancel_requested = ${cancelled}, error = ${value(after.error && JSON.stringify(after.error))}::jsonb,
       cancel_requested_at = CASE WHEN ${cancelled} AND cancel_requested_at IS NULL THEN now() ELSE cancel_requested_at END,
       started_at = CASE WHEN generation <> ${generation} THEN now() WHEN ${status} = 'processing' THEN coalesce(started_at, now()) ELSE started_at END,
       kept_errors_found = CASE WHEN generation <> ${generation} THEN errors_found ELSE kept_errors_found END,
       errors_found = CASE WHEN ${kept} < ${generation} AND ${status} IN ('failed','cancelled','expired') THEN kept_errors_found ELSE errors_found END,
       generation = ${generation}, kept_generation = ${kept}, deadline_at = CASE WHEN generation <> ${generation} THEN NULL ELSE deadline_at END,
       completed_at = CASE WHEN ${status} IN ('completed','failed','cancelled','expired') THEN now() ELSE NULL END
     WHERE id = ${value(job.id)}`;
  });
}

/**
 * Shards are matched by what they are: a resubmission adds one, and forgets those of an earlier resubmission that came to nothing; a plan adds
 * those of `decode`.
 */
async function writeStages(query: Query, writes: Writes, jobId: string, before: JobState, after: JobState): Promise<void> {
  const same = (one: StageState) => (other: StageState) => one.name === other.name && one.shard === other.shard;
  for (const gone of before.stages.filter((stage) => !after.stages.some(same(stage))))
    await query(`DELETE FROM attune.job_stages WHERE job_id = $1 AND stage = $2 AND shard = $3`, [jobId, gone.name, gone.shard]);
  const [added, changed]: [StageState[], StageState[]] = [[], []];
  for (const stage of after.stages) {
    const earlier = before.stages.find(same(stage));
    if (earlier === undefined) added.push(stage);
    else if (earlier !== stage) changed.push(stage);
  }
  if (added.length > 0) await addShards(query, jobId, added);
  if (changed.length > 0) changeStages(writes, jobId, changed, before.generation !== after.generation);
}

/** `decode` has the position of the transform that it belongs to. */
async function addShards(query: Query, jobId: string, shards: readonly StageState[]): Promise<void> {
  const rows = shards.map(({ name, shard, status }) => ({ stage: name, shard, status, place: name === 'decode' ? 'transform' : name }));
  await query(
    `INSERT INTO attune.job_stages (tenant_id, job_id, stage, shard, position, service, status)
     SELECT s.tenant_id, s.job_id, n.stage, n.shard, s.position, s.service, n.status
     FROM jsonb_to_recordset($2::jsonb) AS n(stage text, shard int, status text, place text)
       JOIN attune.job_stages s ON s.job_id = $1 AND s.stage = n.place AND s.shard = 0`,
    [jobId, JSON.stringify(rows)],
  );
}

/** `begun`: a generation begins, in which nothing has been done yet of what is not done. */
function changeStages(writes: Writes, jobId: string, stages: readonly StageState[], begun: boolean): void {
  const rows = stages.map((stage) => ({
    stage: stage.name,
    shard: stage.shard,
    status: stage.status,
    epoch: stage.epoch,
    attempt: stage.attempt,
    crash_count: stage.crashCount,
    lost_count: stage.lostCount,
    lease_owner: stage.leaseOwner,
    lease_until: stage.leaseUntil,
    next_run_at: stage.nextRunAt,
    error: stage.error,
    anew: begun || stage.status === 'waiting',
  }));
  writes.add(
    (value) =>
      `UPDATE attune.job_stages s SET status = c.status, epoch = c.epoch, attempt = c.attempt, crash_count = c.crash_count,
         lost_count = c.lost_count, lease_owner = c.lease_owner, error = c.error,
         lease_until = to_timestamp(c.lease_until / 1000), next_run_at = to_timestamp(c.next_run_at / 1000),
         heartbeat_at = CASE WHEN c.status = 'running' THEN now() ELSE s.heartbeat_at END,
         started_at = CASE WHEN c.anew THEN NULL WHEN c.status = 'running' THEN coalesce(s.started_at, now()) ELSE s.started_at END,
         ready_at = CASE c.status WHEN 'waiting' THEN NULL ELSE s.ready_at END,
         ended_at = CASE WHEN c.status IN ('done','failed','cancelled') THEN now() ELSE NULL END,
         progress = CASE WHEN c.status = 'done' THEN 1 WHEN c.anew THEN 0 ELSE s.progress END
       FROM jsonb_to_recordset(${value(JSON.stringify(rows))}::jsonb) AS c(stage text, shard int, status text, epoch bigint, attempt int,
         crash_count int, lost_count int, lease_owner text, lease_until float8, next_run_at float8, error jsonb, anew boolean)
       WHERE s.job_id = ${value(jobId)} AND s.stage = c.stage AND s.shard = c.shard`,
  );
}

/** Writes history, attempts and what webhooks are to be told, after what else is to be written. */
export async function writeEffects(
  query: Query,
  job: { id: string; tenant_id: string },
  effects: readonly Effect[],
  writes = new Writes(),
): Promise<void> {
  const lines = effects.flatMap((effect) => (effect.type === 'history' ? [effect.line] : []));
  if (lines.length > 0) writeHistory(writes, job, lines);
  for (const effect of effects) {
    if (effect.type === 'attempt_started')
      writes.add(
        (value) =>
          `INSERT INTO attune.attempts (tenant_id, job_id, stage, shard, epoch, worker)
           VALUES (${[job.tenant_id, job.id, effect.stage, effect.shard, effect.epoch, effect.worker].map(value).join(', ')})`,
      );
    if (effect.type === 'attempt_ended')
      writes.add(
        (value) =>
          `UPDATE attune.attempts SET ended_at = now(), outcome = ${value(effect.outcome)}
           WHERE job_id = ${value(job.id)} AND stage = ${value(effect.stage)} AND shard = ${value(effect.shard)} AND epoch = ${value(effect.epoch)}`,
      );
  }
  await writes.send(query);
  for (const status of effects.map(statusToTell)) if (status !== undefined) await writeDueDeliveries(query, job, status);
}

function writeHistory(writes: Writes, job: { id: string; tenant_id: string }, lines: readonly HistoryLine[]): void {
  writes.add((value) => {
    const id = value(job.id);
    return `INSERT INTO attune.job_events (tenant_id, job_id, seq, type, level, message, data)
      SELECT ${value(job.tenant_id)}::uuid, ${id}::uuid, (SELECT coalesce(max(seq), 0) FROM attune.job_events WHERE job_id = ${id}::uuid) + l.at,
        l.line->>'type', l.line->>'level', l.line->>'message', l.line->'data'
      FROM jsonb_array_elements(${value(JSON.stringify(lines))}::jsonb) WITH ORDINALITY AS l(line, at)`;
  });
}
