import { WORKER_SERVICES } from '@attune/core';
import { FAIR_BOUND } from './fair-place.js';
import { JOB_COLUMNS, type JobRow, STAGE_COLUMNS, type StageRow } from './job-rows.js';

export interface LedgerRow {
  stage: string;
  unit: string;
  records_in: number;
  records_out: number;
  records_quarantined: number;
  records_merged: number;
  records_dropped: number;
  drop_reasons: Record<string, number>;
}

/** What the job has loaded into the warehouse; `loaded_at` in milliseconds of the database clock. */
export interface LoadRow {
  table: string;
  rows: number;
  rows_added: number;
  rows_closed: number;
  superseded: boolean;
  loaded_at: number;
}

/** A job with everything that its clients read of it. */
export interface JobDetail {
  readonly job: JobRow;
  readonly stages: readonly StageRow[];
  readonly ledger: readonly LedgerRow[];
  readonly load: LoadRow | null;
  /** Findings of severity error and fatal. */
  readonly errorsFound: number;
  /** Bytes of the published results. */
  readonly bytesOut: number;
  /** Ready stages of the same service that come before the first of this job. */
  readonly backlogPosition: number;
  readonly now: number;
}

export interface DetailRow extends JobRow {
  now: number;
  errors_found: number;
  bytes_out: number;
  backlog_position: number;
  /** The time of creation as the database writes it, to the microsecond. */
  sort_at: string;
  sort_key?: Date;
  stages: StageRow[];
  ledger: LedgerRow[];
  load: LoadRow | null;
}

const ADDED = ['now', 'errors_found', 'bytes_out', 'backlog_position', 'sort_at', 'sort_key', 'stages', 'ledger', 'load'] as const;

/** Nobody needs to know whether 2,000 or 90,000 are ahead, and a page of waiting jobs must not go through them all. */
const BACKLOG_COUNTED = 1_000;

/**
 * The first places of each queue, in order: read once for all jobs of a page, and not at all when none of them waits. `width_bucket` then tells
 * how many of them a place has before it, by halving.
 */
const QUEUES = `queues AS MATERIALIZED (
    SELECT service, ARRAY(SELECT fair_at FROM attune.job_stages WHERE job_stages.service = services.service AND status = 'ready'
      AND fair_at >= ${FAIR_BOUND} ORDER BY fair_at LIMIT ${BACKLOG_COUNTED}) AS places
    FROM unnest('{${WORKER_SERVICES.join()}}'::text[]) AS services (service))`;

/** One query for a page of jobs, each with its stages and ledger; `chosen` are the clauses after FROM attune.jobs. */
export function detailsOf(chosen: string): string {
  return `WITH ${QUEUES}
   SELECT j.*, (extract(epoch from now()) * 1000)::float8 AS now,
    (SELECT coalesce(sum(bytes), 0)::float8 FROM attune.artifacts a WHERE a.job_id = j.id AND a.generation = coalesce(j.kept_generation, j.generation) AND a.kind LIKE 'result\\_%') AS bytes_out,
    (SELECT coalesce(min(width_bucket(mine.fair_at - 1, (SELECT places FROM queues WHERE queues.service = mine.service))) FILTER (WHERE mine.status = 'ready'), 0)
     FROM attune.job_stages mine WHERE mine.job_id = j.id) AS backlog_position,
    (SELECT coalesce(json_agg(s ORDER BY s.position, s.stage, s.shard), '[]') FROM (SELECT position, ${STAGE_COLUMNS} FROM attune.job_stages WHERE job_id = j.id) s) AS stages,
    (SELECT coalesce(json_agg(l ORDER BY l.position), '[]') FROM (
       SELECT DISTINCT ON (p.position) p.position, r.stage, unit, records_in, records_out, records_quarantined, records_merged, records_dropped, drop_reasons
       FROM attune.row_ledger r JOIN attune.job_stages p ON p.job_id = r.job_id AND p.stage = r.stage AND p.shard = 0
       WHERE r.job_id = j.id AND r.generation <= coalesce(j.kept_generation, j.generation) ORDER BY p.position, r.generation DESC, r.shard DESC) l) AS ledger,
    (SELECT json_build_object('table', l.target_table, 'rows', l.rows, 'rows_added', l.rows_added, 'rows_closed', l.rows_closed,
         'superseded', l.superseded, 'loaded_at', (extract(epoch from l.loaded_at) * 1000)::float8)
       FROM attune.load_ledger l WHERE l.job_id = j.id ORDER BY l.generation DESC LIMIT 1) AS load
   FROM (SELECT ${JOB_COLUMNS}, errors_found::float8 AS errors_found, jobs.created_at::text AS sort_at, jobs.created_at AS sort_key FROM attune.jobs ${chosen}) j
   ORDER BY j.sort_key DESC, j.id DESC`;
}

export function detailOf(row: DetailRow): JobDetail {
  const { now, errors_found: errorsFound, bytes_out: bytesOut, backlog_position: backlogPosition, stages, ledger, load } = row;
  return { job: jobOf(row), stages, ledger: ledger.map(withoutPosition), load, errorsFound, bytesOut, backlogPosition, now };
}

/** Without what was added to the row for the detail. */
function jobOf(row: DetailRow): JobRow {
  const job: Partial<DetailRow> = { ...row };
  for (const added of ADDED) delete job[added];
  return job as JobRow;
}

function withoutPosition(row: LedgerRow): LedgerRow {
  const { stage, unit, records_in, records_out, records_quarantined, records_merged, records_dropped, drop_reasons } = row;
  return { stage, unit, records_in, records_out, records_quarantined, records_merged, records_dropped, drop_reasons };
}
