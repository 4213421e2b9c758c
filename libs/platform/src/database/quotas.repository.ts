import { AppError, type PriorityClass, WORKER_SERVICES } from '@attune/core';
import type { Database } from './database.js';
import { CLASS_WEIGHTS, FAIR_BOUND } from './fair-place.js';

/** What a tenant may take; null is no limit. */
export interface Quotas {
  /** Jobs that wait for their first worker. */
  readonly queuedJobs: number | null;
  /** Received bytes of one day (UTC). */
  readonly bytesPerDay: number | null;
  /** Uploads that one gateway receives at once. */
  readonly concurrentUploads: number | null;
}

export interface TenantQuotas extends Quotas {
  /** 0 while the tenant has what the settings say. */
  readonly version: number;
  /** Share of the workers against other flows, 1 to 1000. */
  readonly weights: Readonly<Record<PriorityClass, number>>;
}

export interface QuotaUse {
  readonly queuedJobs: number;
  readonly bytesToday: number;
  /** Until the day ends. */
  readonly secondsLeft: number;
}

type Query = Database['query'];

const OWN = `version, queued_jobs AS "queuedJobs", bytes_per_day::float8 AS "bytesPerDay", concurrent_uploads AS "concurrentUploads"`;
/** More than the stages of jobs that have begun, which a service is about to take. */
const HEADS = 100;
const DAY = `(now() AT TIME ZONE 'UTC')::date`;

/** What tenants may take of the installation, and what they have taken (jobs.md, section 4, Admission). */
export class QuotasRepository {
  constructor(
    private readonly database: Database,
    /** What holds for a tenant that nothing was decided for. */
    readonly defaults: Quotas,
  ) {}

  async of(tenantId: string): Promise<TenantQuotas> {
    return this.#read((text, values) => this.database.query(text, values), tenantId);
  }

  /**
   * Decides for a tenant. Weights hold for the stages that become ready from now on.
   * @throws AppError precondition_failed when the quotas have another version by now.
   */
  async decide(tenantId: string, version: number, { weights, ...quotas }: Omit<TenantQuotas, 'version'>): Promise<TenantQuotas> {
    return this.database.transaction(async (query) => {
      const decided = await query(
        `INSERT INTO attune.tenant_quotas AS q (tenant_id, queued_jobs, bytes_per_day, concurrent_uploads) SELECT $1, $3, $4, $5
           WHERE $2 = 0 OR EXISTS (SELECT 1 FROM attune.tenant_quotas WHERE tenant_id = $1)
         ON CONFLICT (tenant_id) DO UPDATE SET version = q.version + 1, queued_jobs = excluded.queued_jobs,
           bytes_per_day = excluded.bytes_per_day, concurrent_uploads = excluded.concurrent_uploads, updated_at = now() WHERE q.version = $2
         RETURNING 1`,
        [tenantId, version, quotas.queuedJobs, quotas.bytesPerDay, quotas.concurrentUploads],
      );
      if (decided.length === 0) throw new AppError('precondition_failed', 'the quotas have another version than the one that was read');
      await query(
        `INSERT INTO attune.tenant_flow (tenant_id, priority_class, weight) SELECT $1, key, value::integer FROM jsonb_each_text($2::jsonb)
         ON CONFLICT (tenant_id, priority_class) DO UPDATE SET weight = excluded.weight`,
        [tenantId, JSON.stringify(weights)],
      );
      return this.#read(query, tenantId);
    });
  }

  async use(tenantId: string): Promise<QuotaUse> {
    const [use] = await this.database.query<QuotaUse>(
      `SELECT (SELECT count(*) FROM attune.jobs WHERE tenant_id = $1 AND status = 'pending')::int AS "queuedJobs",
         coalesce((SELECT bytes FROM attune.received_bytes WHERE tenant_id = $1 AND day = ${DAY}), 0)::float8 AS "bytesToday",
         ceil(extract(epoch FROM (date_trunc('day', now(), 'UTC') + interval '1 day') - now()))::int AS "secondsLeft"`,
      [tenantId],
    );
    return use!;
  }

  /** Counts bytes that the tenant has sent. */
  async received(tenantId: string, bytes: number): Promise<void> {
    await this.database.query(
      `INSERT INTO attune.received_bytes AS r (tenant_id, day, bytes) VALUES ($1, ${DAY}, $2)
       ON CONFLICT (tenant_id, day) DO UPDATE SET bytes = r.bytes + excluded.bytes`,
      [tenantId, bytes],
    );
  }

  /**
   * How long the work of a class that is next in line has waited, in seconds; 0 where none waits. Jobs that have begun go first and have not
   * waited for long, so that it is the longest of some. A short read of an index per service.
   */
  async waited(priorityClass: PriorityClass): Promise<number> {
    const [next] = await this.database.query<{ seconds: number }>(
      `SELECT coalesce(extract(epoch FROM now() - min(head.ready_at)), 0)::float8 AS seconds
       FROM unnest($2::text[]) AS worker(service),
         LATERAL (SELECT s.ready_at FROM attune.job_stages s JOIN attune.jobs j ON j.id = s.job_id
           WHERE s.service = worker.service AND s.status = 'ready' AND s.fair_at >= ${FAIR_BOUND} AND s.next_run_at <= now() AND j.priority_class = $1
           ORDER BY s.fair_at LIMIT ${HEADS}) head`,
      [priorityClass, [...WORKER_SERVICES]],
    );
    return next!.seconds;
  }

  async #read(query: Query, tenantId: string): Promise<TenantQuotas> {
    const [own] = await query<Quotas & { version: number }>(`SELECT ${OWN} FROM attune.tenant_quotas WHERE tenant_id = $1`, [tenantId]);
    const flows = await query<{ class: PriorityClass; weight: number }>(
      `SELECT priority_class AS class, weight FROM attune.tenant_flow WHERE tenant_id = $1`,
      [tenantId],
    );
    const weights = { ...CLASS_WEIGHTS, ...Object.fromEntries(flows.map(({ class: name, weight }) => [name, weight])) };
    return { ...(own ?? { version: 0, ...this.defaults }), weights };
  }
}
