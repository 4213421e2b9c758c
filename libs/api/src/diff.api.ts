import { FINDING_KINDS, type FindingCode, SourceColumn } from '@attune/core';
import { z } from 'zod';
import { Count, openEnum } from './open-enum.js';
import { PageQuery, pageOf } from './page.api.js';

const FINDING_CODES = Object.keys(FINDING_KINDS) as FindingCode[];

/** One value that is not in the result as it was received. A longer text is cut after 4 KiB, so that two that differ later look alike. */
export const DiffBody = z.object({
  /** Member of a container, empty for a plain file. */
  member: z.string(),
  record: z.int().min(1),
  line: z.int().min(1),
  byte_offset: Count,
  /** Field of the entity, or `source.<column>` where the column is carried. */
  field: z.string(),
  columns: z.array(SourceColumn),
  /** As in the file; of several columns those that hold anything, joined as the mapping says. */
  received: z.string(),
  /** As in the result; null where nothing is left. */
  canonical: z.string().nullable(),
  /** Why it is null, or what had to be removed. */
  finding: openEnum(FINDING_CODES).optional(),
});
export type DiffBody = z.infer<typeof DiffBody>;

/** In order of the source. A page may be short or empty although more follow: only so many bytes are read for one. */
export const DiffPage = pageOf(DiffBody);
export type DiffPage = z.infer<typeof DiffPage>;

/** `field` lists the changes of one field only. */
export const DiffQuery = PageQuery.extend({ field: z.string().min(1).max(512).optional() });
export type DiffQuery = z.infer<typeof DiffQuery>;

/**
 * Where to read on: the next record, and how many of its changes were told already. Offset 0 is the beginning of the decoded stream,
 * whose byte order mark and header are passed over.
 */
export const DiffPosition = z.object({
  /** 0-based ordinal of the member in its container. */
  member: Count,
  byte_offset: Count,
  record: z.int().min(1),
  line: z.int().min(1),
  skip: Count,
});
export type DiffPosition = z.infer<typeof DiffPosition>;

export const DIFF_START: DiffPosition = { member: 0, byte_offset: 0, record: 1, line: 1, skip: 0 };

/** A stored object by its key and what it must be. */
const StoredObject = z.object({
  key: z.string().min(1).max(1024),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  bytes: Count,
});

/**
 * Request of attune.v1.Harmonizer.Diff: from the gateway, which has found the job, to whoever has an engine. Both objects have to be
 * the tenant's own.
 */
export const DiffCallRequest = z.object({
  plan: StoredObject,
  input: StoredObject,
  from: DiffPosition,
  limit: z.int().min(1).max(200),
  /** Empty: all fields. */
  field: z.string().default(''),
});
export type DiffCallRequest = z.infer<typeof DiffCallRequest>;

/** Answer of attune.v1.Harmonizer.Diff. `next` is absent at the end of the stream. Absent texts may come as null. */
export const DiffCallAnswer = z.object({
  data: z.array(
    DiffBody.extend({
      canonical: z
        .string()
        .nullish()
        .transform((text) => text ?? null),
      finding: openEnum(FINDING_CODES)
        .nullish()
        .transform((code) => code || undefined),
    }),
  ),
  next: DiffPosition.nullish(),
});
export type DiffCallAnswer = z.infer<typeof DiffCallAnswer>;
