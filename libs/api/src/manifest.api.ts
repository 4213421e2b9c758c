import { OUTPUT_FORMATS } from '@attune/core';
import { z } from 'zod';
import { RowLedgerBody } from './job.api.js';
import { Count, openEnum, Sha256, Timestamp } from './open-enum.js';

export const ManifestOutput = z.object({
  format: openEnum(OUTPUT_FORMATS),
  file: z.string(),
  sha256: Sha256,
  bytes: Count,
  records: Count,
});

/** Artifact `manifest`, version 1: what was published from what. The one place for job, dataset and time; results hold none of them. */
export const ManifestBody = z.object({
  version: z.literal(1),
  job_id: z.string(),
  generation: Count,
  dataset: z.object({ id: z.string(), sha256: Sha256, bytes: Count }),
  engine_version: z.string(),
  created_at: Timestamp,
  /** How many columns became fields, and how many were carried. */
  mapping: z.object({ version: z.int(), entity: z.string(), fields: Count, carried: Count }),
  row_ledger: z.array(RowLedgerBody),
  outputs: z.array(ManifestOutput),
});
export type ManifestBody = z.infer<typeof ManifestBody>;
