import { AppError } from '@attune/core';
import type { Database } from './database.js';
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

/** The reservation must still be ours: a second request with the key may have taken it over. */
export async function answerKey(query: Database['query'], tenantId: string, key: AnsweredKey, jobId: string): Promise<void> {
  const answered = await query(
    `UPDATE attune.idempotency_keys SET state = 'answered', fingerprint = $5, job_id = $6, lease_until = NULL
     WHERE tenant_id = $1 AND route = $2 AND key = $3 AND holder = $4 AND state = 'reserved' RETURNING 1`,
    [tenantId, key.route, key.key, key.holder, key.fingerprint, jobId],
  );
  if (answered.length === 0) throw new AppError('idempotency_in_progress', 'another request with this key has taken over');
}
