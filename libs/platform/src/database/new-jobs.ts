import { AppError, type GivenMapping, type JobOptions, type Operation, type PriorityClass, type WorkerService } from '@attune/core';
import { createJob, type Effect, type HistoryLine, stagesOf } from '@attune/pipeline';
import { v7 as uuidv7 } from 'uuid';
import { type Database, prepared } from './database.js';
import { CLASS_WEIGHTS, FAIR_BOUND, floorOf, SHARD_COST } from './fair-place.js';
import type { AnsweredKey } from './held-job.js';
import { JOB_COLUMNS, type JobRow } from './job-rows.js';

export interface Submission {
  readonly tenantId: string;
  readonly operation: Operation;
  readonly options: JobOptions;
  readonly priorityClass: PriorityClass;
  /** RFC 3339. */
  readonly deadlineAt?: string | null;
  readonly mapping: GivenMapping | null;
  readonly datasetId: string;
  readonly inputSha256: string;
  readonly bytesIn: number;
  /** Name of the file as the client gave it. */
  readonly inputName: string | null;
  readonly traceparent: string | null;
  /** Of the request that submits, so that everything the job does can be found by it. */
  readonly requestId?: string | null;
  /** The job that this one is a clone of. */
  readonly clonedFrom?: string | null;
  /** The host that its input was fetched from. */
  readonly sourceHost?: string | null;
  /** Where this job alone is told of; it may be a secret. */
  readonly webhookUrl?: string | null;
  /** The schedule that it is made by, with its prefix, and the due time (RFC 3339), null when somebody has triggered it. */
  readonly schedule?: { readonly id: string; readonly dueAt: string | null };
  readonly idempotency?: AnsweredKey;
}

export interface Telling {
  /** Where the request says the job. */
  readonly placeOf?: (at: number) => string;
  /** Answers the rows besides. */
  readonly told?: boolean;
}

export interface NewJobs {
  /** In the order of the submissions. */
  readonly jobIds: readonly string[];
  /** Their rows in the same order, where they were asked for. */
  readonly jobs: readonly JobRow[];
  readonly rings: readonly WorkerService[];
}

/**
 * The jobs of one tenant in one statement: rows, stages, first lines of the history, webhooks of their own and fair places (those of
 * `giveFairPlace`, one after another). Their inputs are kept from being removed meanwhile. All of them are made, or none.
 * @throws AppError overloaded when an input was removed with the last job over it a moment ago: send it again; validation_failed for a
 * deadline that has passed, at its place in the request.
 */
export async function insertJobs(
  query: Database['query'],
  tenantId: string,
  submissions: readonly Submission[],
  { placeOf = () => '', told = false }: Telling = {},
): Promise<NewJobs> {
  const rows = submissions.map(rowOf);
  const [made] = await query<{ jobs: number; late: number | null; rows: readonly JobRow[] | null }>(STATEMENT, [
    tenantId,
    JSON.stringify(rows),
    SHARD_COST,
    JSON.stringify(CLASS_WEIGHTS),
    told,
  ]);
  if (made && made.late !== null) {
    const place = { pointer: `${placeOf(made.late)}/deadline_at`, code: 'past', message: 'The deadline has passed.' };
    throw new AppError('validation_failed', 'the deadline has passed', { errors: [place] });
  }
  if (made?.jobs !== rows.length) throw new AppError('overloaded', 'the bytes were removed a moment ago; send them again');
  const byId = new Map((made.rows ?? []).map((job) => [job.id, job]));
  const jobs = rows.flatMap(({ id }) => byId.get(id) ?? []);
  return { jobIds: rows.map(({ id }) => id), jobs, rings: [...new Set(rows.flatMap(({ ring }) => ring))] };
}

function rowOf(submission: Submission, at: number) {
  const { state, effects } = createJob(submission.operation, null, 0);
  const [line] = effects.flatMap((effect: Effect): HistoryLine[] => (effect.type === 'history' ? [effect.line] : []));
  return {
    at,
    id: uuidv7(),
    operation: submission.operation,
    options: submission.options,
    mapping: submission.mapping,
    stage: state.stages[0]!.name,
    dataset_id: submission.datasetId,
    input_sha256: submission.inputSha256,
    bytes_in: submission.bytesIn,
    traceparent: submission.traceparent,
    input_name: submission.inputName,
    request_id: submission.requestId ?? null,
    cloned_from: submission.clonedFrom ?? null,
    priority_class: submission.priorityClass,
    deadline_at: submission.deadlineAt ?? null,
    ...(submission.webhookUrl ? { webhook_id: uuidv7(), webhook_url: submission.webhookUrl } : {}),
    stages: stagesOf(submission.operation).map((stage, position) => ({
      stage: stage.name,
      position,
      service: stage.service,
      status: state.stages[position]!.status,
    })),
    line: line && { ...line, data: { ...line.data, ...originOf(submission) } },
    ring: effects.flatMap((effect) => (effect.type === 'ready' ? [effect.service] : [])),
  };
}

/** What the first line of the history says of where the job comes from. */
function originOf({ schedule, sourceHost }: Submission): Readonly<Record<string, string | null>> {
  return {
    ...(schedule ? { schedule_id: schedule.id, due_at: schedule.dueAt } : {}),
    ...(sourceHost ? { source_host: sourceHost } : {}),
  };
}

const STATEMENT = prepared(`
  WITH given AS (
    SELECT * FROM jsonb_to_recordset($2::jsonb) AS g(at int, id uuid, operation text, options jsonb, mapping jsonb, stage text, dataset_id uuid,
      input_sha256 text, bytes_in bigint, traceparent text, input_name text, request_id text, cloned_from uuid, priority_class text, deadline_at timestamptz,
      webhook_id uuid, webhook_url text, stages jsonb, line jsonb)),
  late AS (SELECT min(at) AS at FROM given WHERE deadline_at <= now()),
  held AS (
    SELECT d.id FROM attune.datasets d JOIN attune.blobs b ON b.tenant_id = d.tenant_id AND b.sha256 = d.sha256
    WHERE d.id IN (SELECT dataset_id FROM given) AND b.removed_at IS NULL FOR SHARE OF b),
  accepted AS (
    SELECT g.*, row_number() OVER (PARTITION BY g.priority_class ORDER BY g.at) AS turn FROM given g JOIN held ON held.id = g.dataset_id
    WHERE (SELECT at FROM late) IS NULL AND (SELECT count(*) FROM held) = (SELECT count(DISTINCT dataset_id) FROM given)),
  floor AS (${floorOf(`fair_at >= ${FAIR_BOUND}`)}),
  class AS (
    SELECT priority_class, count(*) AS jobs, ($4::jsonb ->> priority_class)::integer AS weight FROM accepted GROUP BY priority_class),
  flow AS (
    INSERT INTO attune.tenant_flow AS f (tenant_id, priority_class, virtual_time, weight)
    SELECT $1, priority_class, floor.at + jobs * ($3::bigint / weight), weight FROM class, floor
    ON CONFLICT (tenant_id, priority_class) DO UPDATE SET virtual_time = greatest(f.virtual_time, (SELECT at FROM floor))
      + (SELECT jobs FROM class WHERE class.priority_class = f.priority_class) * ($3::bigint / f.weight)
    RETURNING priority_class, weight, virtual_time),
  job AS (
    INSERT INTO attune.jobs (tenant_id, id, operation, options, mapping, stage, dataset_id, input_sha256, bytes_in, traceparent, input_name,
      request_id, cloned_from, priority_class, deadline_at, webhook_id)
    SELECT $1, id, operation, options, mapping, stage, dataset_id, input_sha256, bytes_in, traceparent, input_name, request_id, cloned_from,
      priority_class, deadline_at, webhook_id FROM accepted RETURNING *),
  -- Without types: a gateway of a version that knows no webhooks of single jobs must not tell it of others.
  hook AS (
    INSERT INTO attune.webhooks (tenant_id, id, job_id, url, types)
    SELECT $1, webhook_id, id, webhook_url, '{}' FROM accepted WHERE webhook_id IS NOT NULL),
  stage AS (
    INSERT INTO attune.job_stages (tenant_id, job_id, stage, position, service, status, fair_at, ready_at)
    SELECT $1, a.id, s.stage, s.position, s.service, s.status,
      CASE s.status WHEN 'ready' THEN flow.virtual_time - (class.jobs - a.turn + 1) * ($3::bigint / flow.weight) ELSE 0 END,
      CASE s.status WHEN 'ready' THEN now() END
    FROM accepted a JOIN class USING (priority_class) JOIN flow USING (priority_class),
      jsonb_to_recordset(a.stages) AS s(stage text, position int, service text, status text)),
  line AS (
    INSERT INTO attune.job_events (tenant_id, job_id, seq, type, level, message, data)
    SELECT $1, id, 1, line->>'type', line->>'level', line->>'message', line->'data' FROM accepted)
  SELECT count(*)::int AS jobs, (SELECT at FROM late) AS late,
    CASE WHEN $5::boolean THEN (SELECT json_agg(told) FROM (SELECT ${JOB_COLUMNS} FROM job) told) END AS rows FROM job`);
