import { z } from 'zod';
import { openEnum, Timestamp } from './open-enum.js';

const Days = z.int().min(1).max(36_500).nullable();

/** Body of `PUT /api/v1/retention`; null keeps for ever. */
export const RetentionRequest = z.strictObject({
  /** Of received bytes, after they last came or a job over them was last made. */
  raw_days: Days,
  /** Of a job with everything that it has left, after it has ended. */
  results_days: Days,
});
export type RetentionRequest = z.infer<typeof RetentionRequest>;

/** How long the tenant keeps what it has; the version is the ETag. */
export const RetentionBody = z.object({
  raw_days: Days,
  results_days: Days,
  /** 0 while the tenant has what the installation says. */
  version: z.int().min(0),
});
export type RetentionBody = z.infer<typeof RetentionBody>;

export const RetentionDueQuery = z.strictObject({
  /** Days from now; absent: what is due already. */
  within_days: z.coerce.number().int().min(0).max(36_500).default(0),
  limit: z.coerce.number().int().min(1).max(200).default(50),
});
export type RetentionDueQuery = Partial<z.output<typeof RetentionDueQuery>>;

/** What goes, and when; the first to go first. */
export const RetentionDueBody = z.object({
  data: z.array(
    z.object({
      /** `job`: the job with its results. `dataset`: received bytes. */
      kind: openEnum(['job', 'dataset']),
      id: z.string(),
      due_at: Timestamp,
      bytes: z.int().min(0),
    }),
  ),
  /** How many there are, of which `data` may hold the first only. */
  total: z.int().min(0),
});
export type RetentionDueBody = z.infer<typeof RetentionDueBody>;

export const DatasetHoldBody = z.object({ dataset_id: z.string(), legal_hold: z.boolean() });
export type DatasetHoldBody = z.infer<typeof DatasetHoldBody>;

export const retentionPaths = { policy: '/api/v1/retention', due: '/api/v1/retention/due' } as const;

/** Where a legal hold is laid on something, and lifted. `id` is a prefixed or bare id. */
export function holdPaths(of: 'jobs' | 'datasets', id: string) {
  const self = `/api/v1/${of}/${encodeURIComponent(id)}`;
  return { hold: `${self}/hold`, release: `${self}/release` };
}
