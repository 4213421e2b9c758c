import { z } from 'zod';
import { openEnum } from './open-enum.js';

/** Body of `POST /api/v1/operations/gc`. */
export const CollectionRequest = z.strictObject({
  /** Tells what would be removed and changes nothing. */
  dry_run: z.boolean().default(false),
});
export type CollectionRequest = z.input<typeof CollectionRequest>;

const Amount = z.object({ objects: z.int().min(0), bytes: z.int().min(0) });

/** Why an object has no row: received bytes that became no dataset, what an attempt or a deleted job left, anything else. */
const REASONS = ['input', 'job', 'other'] as const;

/** What one pass of the garbage collector has done, or would do. */
export const CollectionBody = z.object({
  dry_run: z.boolean(),
  /** Everything in the store. */
  stored: Amount,
  objects: z.array(
    z.object({
      reason: openEnum(REASONS),
      /** Found by this pass; they go a day later unless something names them by then. */
      marked: Amount,
      /** Removed, or due to be. */
      swept: Amount,
    }),
  ),
  /** Uploads that broke off and whose parts were removed. */
  uploads: z.int().min(0),
  /** Rows past their time. */
  rows: z.object({ idempotency_keys: z.int().min(0), rate_limits: z.int().min(0), webhook_deliveries: z.int().min(0) }),
});
export type CollectionBody = z.infer<typeof CollectionBody>;

export const COLLECTION_PATH = '/api/v1/operations/gc';
