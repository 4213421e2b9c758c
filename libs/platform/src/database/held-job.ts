import { AppError } from '@attune/core';
import { type Database, prepared } from './database.js';
import type { JobRow } from './job-rows.js';

/** The reserved idempotency key that a request answers together with what it does. */
export interface AnsweredKey {
  readonly route: string;
  readonly key: string;
  readonly holder: string;
  readonly fingerprint: string;
}

export type Held = Pick<JobRow, 'id' | 'tenant_id' | 'status' | 'version' | 'dataset_id' | 'generation' | 'kept_generation'>;

/** Locks the job of the tenant for the rest of the transaction. @throws AppError not_found, gone, precondition_failed */
export async function hold(
  query: Database['query'],
  tenantId: string,
  jobId: string,
  permits?: (version: number) => boolean,
): Promise<Held> {
  const [job] = await query<Held & { deleted: boolean }>(
    `SELECT id, tenant_id, status, version, dataset_id, generation, kept_generation, deleted_at IS NOT NULL AS deleted FROM attune.jobs WHERE tenant_id = $1 AND id = $2 FOR UPDATE`,
    [tenantId, jobId],
  );
  if (!job) throw new AppError('not_found', 'there is no such job');
  if (job.deleted) throw new AppError('gone', 'the job was deleted');
  if (permits?.(job.version) === false) throw new AppError('precondition_failed', `the job has version ${job.version}`);
  return job;
}

/** The reservations must still be ours: a second request with a key may have taken it over. @throws AppError idempotency_in_progress */
export async function answerKeys(
  query: Database['query'],
  tenantId: string,
  keys: readonly (AnsweredKey & { readonly jobId: string })[],
): Promise<void> {
  const answered = await query(
    prepared(`UPDATE attune.idempotency_keys k SET state = 'answered', fingerprint = g.fingerprint, job_id = g."jobId", lease_until = NULL
     FROM jsonb_to_recordset($2::jsonb) AS g(route text, key text, holder uuid, fingerprint text, "jobId" uuid)
     WHERE k.tenant_id = $1 AND k.route = g.route AND k.key = g.key AND k.holder = g.holder AND k.state = 'reserved' RETURNING 1`),
    [tenantId, JSON.stringify(keys)],
  );
  if (answered.length < keys.length) throw new AppError('idempotency_in_progress', 'another request with this key has taken over');
}
