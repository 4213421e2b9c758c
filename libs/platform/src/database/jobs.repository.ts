import { AppError, type GivenMapping, type JobOptions, type JobStatus, type Operation, type WorkerService } from '@attune/core';
import { createJob, stagesOf } from '@attune/pipeline';
import { v7 as uuidv7 } from 'uuid';
import type { Database } from './database.js';
import { JOB_COLUMNS, type JobRow, STAGE_COLUMNS, type StageRow } from './job-rows.js';
import { type Transition, transition, writeEffects } from './transition.js';

export interface Submission {
  readonly tenantId: string;
  readonly operation: Operation;
  readonly options: JobOptions;
  readonly mapping: GivenMapping | null;
  readonly datasetId: string;
  readonly inputSha256: string;
  readonly bytesIn: number;
  /** Name of the file as the client gave it. */
  readonly inputName: string | null;
  readonly traceparent: string | null;
  /** The reserved idempotency key that this job answers. */
  readonly idempotency?: { readonly route: string; readonly key: string; readonly holder: string; readonly fingerprint: string };
}

export interface JobDetail {
  readonly job: JobRow;
  readonly stages: readonly StageRow[];
  readonly ledger: readonly LedgerRow[];
  /** Findings of severity error and fatal. */
  readonly errorsFound: number;
  /** Bytes of the published results. */
  readonly bytesOut: number;
  /** Ready stages of the same service that come first. */
  readonly backlogPosition: number;
  readonly now: number;
}

interface FoundRow extends JobRow {
  now: number;
  errors_found: number;
  bytes_out: number;
  backlog_position: number;
}

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

export interface HistoryRow {
  seq: number;
  at: number;
  type: string;
  level: string;
  message: string;
  data: Record<string, string | number | null>;
}

/** Jobs as their clients see them. Everything is asked for with a tenant; another tenant's job does not exist. */
export class JobsRepository {
  constructor(private readonly database: Database) {}

  /** Job, stages, first history line and the idempotency answer in one transaction. Answers the job's id and the services to ring. */
  async submit(submission: Submission): Promise<{ jobId: string; rings: readonly WorkerService[] }> {
    const jobId = uuidv7();
    const { state, effects } = createJob(submission.operation, null, 0);
    const rings = await this.database.transaction(async (query) => {
      await query(
        `INSERT INTO attune.jobs (tenant_id, id, operation, options, mapping, stage, dataset_id, input_sha256, bytes_in, traceparent, input_name)
         VALUES ($1, $2, $3, $4::jsonb, $5::jsonb, $6, $7, $8, $9, $10, $11)`,
        [
          submission.tenantId,
          jobId,
          submission.operation,
          JSON.stringify(submission.options),
          submission.mapping && JSON.stringify(submission.mapping),
          state.stages[0]!.name,
          submission.datasetId,
          submission.inputSha256,
          submission.bytesIn,
          submission.traceparent,
          submission.inputName,
        ],
      );
      for (const [position, stage] of stagesOf(submission.operation).entries()) {
        await query(`INSERT INTO attune.job_stages (tenant_id, job_id, stage, position, service, status) VALUES ($1, $2, $3, $4, $5, $6)`, [
          submission.tenantId,
          jobId,
          stage.name,
          position,
          stage.service,
          state.stages[position]!.status,
        ]);
      }
      if (submission.idempotency) await answerKey(query, submission.tenantId, submission.idempotency, jobId);
      return writeEffects(query, { id: jobId, tenant_id: submission.tenantId }, effects);
    });
    return { jobId, rings };
  }

  async find(tenantId: string, jobId: string): Promise<JobDetail | undefined> {
    const [found] = await this.database.query<FoundRow>(
      `SELECT j.*, (extract(epoch from now()) * 1000)::float8 AS now,
         (SELECT coalesce(sum(bytes), 0)::float8 FROM attune.artifacts a WHERE a.job_id = j.id AND a.generation = j.generation AND a.kind LIKE 'result\\_%') AS bytes_out,
         (SELECT count(*)::int FROM attune.job_stages mine JOIN attune.job_stages other ON other.service = mine.service AND other.status = 'ready' AND other.fair_at < mine.fair_at
          WHERE mine.job_id = j.id AND mine.status = 'ready') AS backlog_position
       FROM (SELECT ${JOB_COLUMNS}, errors_found::float8 AS errors_found FROM attune.jobs WHERE tenant_id = $1 AND id = $2) j`,
      [tenantId, jobId],
    );
    if (!found) return undefined;
    const stages = await this.database.query<StageRow>(
      `SELECT ${STAGE_COLUMNS} FROM attune.job_stages WHERE job_id = $1 ORDER BY position`,
      [jobId],
    );
    const ledger = await this.database.query<LedgerRow>(
      `SELECT r.stage, unit, records_in::float8 AS records_in, records_out::float8 AS records_out, records_quarantined::float8 AS records_quarantined,
         records_merged::float8 AS records_merged, records_dropped::float8 AS records_dropped, drop_reasons
       FROM attune.row_ledger r JOIN attune.job_stages s USING (job_id, stage, shard)
       WHERE r.job_id = $1 AND generation = $2 ORDER BY position`,
      [jobId, found.generation],
    );
    const { now, errors_found: errorsFound, bytes_out: bytesOut, backlog_position: backlogPosition, ...job } = found;
    return { job, stages, ledger, errorsFound, bytesOut, backlogPosition, now };
  }

  /** Newest first; `after` is the last sort key of the page before. */
  async list(
    tenantId: string,
    filter: { status?: JobStatus; operation?: Operation; createdAfter?: string; limit: number; after?: { createdAt: number; id: string } },
  ): Promise<JobRow[]> {
    return this.database.query<JobRow>(
      `SELECT ${JOB_COLUMNS} FROM attune.jobs
       WHERE tenant_id = $1 AND ($2::text IS NULL OR status = $2) AND ($3::text IS NULL OR operation = $3)
         AND ($7::timestamptz IS NULL OR attune.jobs.created_at > $7)
         AND ($4::float8 IS NULL OR (extract(epoch from attune.jobs.created_at) * 1000, id) < ($4::float8, $5::uuid))
       ORDER BY attune.jobs.created_at DESC, id DESC LIMIT $6`,
      [
        tenantId,
        filter.status ?? null,
        filter.operation ?? null,
        filter.after?.createdAt ?? null,
        filter.after?.id ?? null,
        filter.limit,
        filter.createdAfter ?? null,
      ],
    );
  }

  async history(tenantId: string, jobId: string, afterSeq: number, limit: number): Promise<HistoryRow[]> {
    return this.database.query<HistoryRow>(
      `SELECT seq, (extract(epoch from at) * 1000)::float8 AS at, type, level, message, data
       FROM attune.job_events WHERE tenant_id = $1 AND job_id = $2 AND seq > $3 ORDER BY seq LIMIT $4`,
      [tenantId, jobId, afterSeq, limit],
    );
  }

  /** @throws AppError not_found, conflict_state when the job has ended. */
  async cancel(tenantId: string, jobId: string): Promise<Transition> {
    return this.database.transaction(async (query) => {
      const [own] = await query(`SELECT 1 FROM attune.jobs WHERE tenant_id = $1 AND id = $2`, [tenantId, jobId]);
      if (!own) throw new AppError('not_found', 'there is no such job');
      return transition(query, jobId, { type: 'cancel' });
    });
  }
}

/** The reservation must still be ours: a second request with the key may have taken it over. */
async function answerKey(
  query: Database['query'],
  tenantId: string,
  key: NonNullable<Submission['idempotency']>,
  jobId: string,
): Promise<void> {
  const answered = await query(
    `UPDATE attune.idempotency_keys SET state = 'answered', fingerprint = $5, job_id = $6, lease_until = NULL
     WHERE tenant_id = $1 AND route = $2 AND key = $3 AND holder = $4 AND state = 'reserved' RETURNING 1`,
    [tenantId, key.route, key.key, key.holder, key.fingerprint, jobId],
  );
  if (answered.length === 0) throw new AppError('idempotency_in_progress', 'another request with this key has taken over');
}
