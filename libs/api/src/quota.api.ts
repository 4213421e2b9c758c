import { z } from 'zod';

const Weight = z.int().min(1).max(1000);

/** Body of `PUT /api/v1/quotas/{tenant}`; null is no limit. */
export const QuotaRequest = z.strictObject({
  /** Jobs that wait for their first worker. */
  queued_jobs: z.int().min(1).max(2_147_483_647).nullable(),
  /** Received bytes of one day (UTC). */
  bytes_per_day: z.int().min(1).nullable(),
  /** Uploads that one gateway receives at once. */
  concurrent_uploads: z.int().min(1).max(100_000).nullable(),
  /** Share of the workers against other tenants and classes; from 1 to 1000. */
  weights: z.strictObject({ interactive: Weight, bulk: Weight }),
});
export type QuotaRequest = z.infer<typeof QuotaRequest>;

/** What a tenant may take, and what it has taken; the version is the ETag. */
export const QuotaBody = z.object({
  ...QuotaRequest.shape,
  weights: z.object({ interactive: Weight, bulk: Weight }),
  use: z.object({ queued_jobs: z.int().min(0), bytes_today: z.int().min(0) }),
  /** 0 while the tenant has what the installation says. */
  version: z.int().min(0),
});
export type QuotaBody = z.infer<typeof QuotaBody>;

export const QUOTAS_PATH = '/api/v1/quotas';

/** Quotas of the tenant of that name, for operators. */
export function quotasPath(tenant: string): string {
  return `${QUOTAS_PATH}/${encodeURIComponent(tenant)}`;
}
