import type { JobStatus } from '@attune/core';
import type { Effect } from '@attune/pipeline';
import { v7 as uuidv7 } from 'uuid';
import { type Database, prepared } from './database.js';

/** The status that a webhook is to be told of, where the effect is one. */
export function statusToTell(effect: Effect): JobStatus | undefined {
  if (effect.type === 'terminal') return effect.status;
  return effect.type === 'history' && effect.line.type === 'review.requested' ? 'awaiting_review' : undefined;
}

/**
 * Writes what the webhooks of the tenant, and the one of this job alone, are to be told, in the transaction that brings the job to the status: what is not committed is
 * never sent, and what is committed is not forgotten. The line of the history that says so has been written before.
 */
export async function writeDueDeliveries(
  query: Database['query'],
  job: { id: string; tenant_id: string },
  status: JobStatus,
): Promise<void> {
  const type = `job.${status}`;
  // Held, so that one that is deleted meanwhile is passed over instead of failing the job.
  const due = await query<{ id: string }>(
    prepared(
      `SELECT id FROM attune.webhooks WHERE disabled_at IS NULL AND id IN (
         SELECT id FROM attune.webhooks WHERE tenant_id = $1 AND job_id IS NULL AND $2 = ANY (types)
         UNION ALL SELECT id FROM attune.webhooks WHERE job_id = $3) FOR KEY SHARE`,
    ),
    [job.tenant_id, type, job.id],
  );
  if (due.length === 0) return;
  await query(
    `INSERT INTO attune.webhook_deliveries (tenant_id, id, endpoint_id, job_id, seq, type, job_status, job_version, of_job)
     SELECT $1, given.id, given.endpoint_id, $2, (SELECT max(seq) FROM attune.job_events WHERE job_id = $2), $3, $4, j.version,
       given.endpoint_id IS NOT DISTINCT FROM j.webhook_id
     FROM attune.jobs j, unnest($5::uuid[], $6::uuid[]) AS given (id, endpoint_id) WHERE j.id = $2`,
    [job.tenant_id, job.id, type, status, due.map(() => uuidv7()), due.map(({ id }) => id)],
  );
}
