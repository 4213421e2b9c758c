import type { ErrorClass, StageName } from '@attune/core';
import type { Database } from './database.js';
import { answerKeys, type AnsweredKey, hold } from './held-job.js';
import type { JobFilter } from './jobs.repository.js';
import { type Transition, transition } from './transition.js';

/** How a job that failed or expired shall go on. */
export interface Redrive {
  /** Absent: the stage that stopped it. */
  readonly fromStage?: StageName;
  /** Nobody begins before so many milliseconds are over. */
  readonly delayMs?: number;
  readonly permits?: (version: number) => boolean;
  readonly idempotency?: AnsweredKey;
}

/** Of the jobs that can go on, which; absent members choose all. */
export interface RedriveFilter extends Pick<JobFilter, 'operation' | 'createdAfter' | 'createdBefore'> {
  readonly status?: 'failed' | 'expired';
  readonly errorClass?: ErrorClass;
  readonly errorCode?: string;
}

/** Jobs that go on after they failed or expired. */
export class RedriveRepository {
  constructor(private readonly database: Database) {}

  /**
   * A job that failed or expired goes on under the next generation. What the stages that are done again have left since the generation that is
   * whole is forgotten; `swept` are the keys of its files.
   * @throws AppError not_found, gone, precondition_failed, conflict_state when the job has not failed, or not so that trying again can mend it.
   */
  async redrive(tenantId: string, jobId: string, asked: Redrive = {}): Promise<Transition & { readonly swept: readonly string[] }> {
    return this.database.transaction(async (query) => {
      await hold(query, tenantId, jobId, asked.permits);
      if (asked.idempotency) await answerKeys(query, tenantId, [{ ...asked.idempotency, jobId }]);
      const { fromStage, delayMs } = asked;
      const done = await transition(query, jobId, {
        type: 'redrive',
        ...(fromStage ? { fromStage } : {}),
        ...(delayMs ? { delayMs } : {}),
      });
      const again = done.after.stages.filter(({ status }) => status !== 'done');
      const since = [jobId, again.map(({ name }) => name), again.map(({ shard }) => shard), done.after.keptGeneration ?? 0];
      const ofShards = `WHERE job_id = $1 AND (stage, shard) IN (SELECT * FROM unnest($2::text[], $3::int[])) AND generation > $4`;
      await query(`DELETE FROM attune.row_ledger ${ofShards}`, since);
      const left = await query<{ storage_key: string }>(`DELETE FROM attune.artifacts ${ofShards} RETURNING storage_key`, since);
      return { ...done, swept: left.map(({ storage_key: key }) => key) };
    });
  }

  /** Jobs of the tenant that can go on, oldest first: up to `limit` of their ids, and how many there are. */
  async redrivable(tenantId: string, chosen: RedriveFilter, limit: number): Promise<{ jobIds: readonly string[]; matched: number }> {
    const [found] = await this.database.query<{ ids: string[]; matched: number }>(
      `SELECT coalesce((array_agg(id ORDER BY created_at, id))[1:$8], '{}') AS ids, count(*)::int AS matched FROM attune.jobs
       WHERE tenant_id = $1 AND deleted_at IS NULL AND status IN ('failed','expired') AND kept_generation IS DISTINCT FROM generation
         AND ($2::text IS NULL OR status = $2) AND ($3::text IS NULL OR operation = $3)
         AND ($4::text IS NULL OR error->>'class' = $4) AND ($5::text IS NULL OR error->>'code' = $5)
         AND ($6::timestamptz IS NULL OR created_at > $6) AND ($7::timestamptz IS NULL OR created_at < $7)`,
      [
        tenantId,
        chosen.status ?? null,
        chosen.operation ?? null,
        chosen.errorClass ?? null,
        chosen.errorCode ?? null,
        chosen.createdAfter ?? null,
        chosen.createdBefore ?? null,
        limit,
      ],
    );
    return { jobIds: found!.ids, matched: found!.matched };
  }
}
