import { CONTAINERS, ENCODINGS, FINDING_KINDS, type FindingCode, Mapping } from '@attune/core';
import { z } from 'zod';
import { Count, openEnum } from './open-enum.js';

const FINDING_CODES = Object.keys(FINDING_KINDS) as FindingCode[];
const Severity = openEnum(['info', 'warning', 'error', 'fatal'] as const);

/** Bytes of a preview's body at most: the head of a file, or a small file as a whole. */
export const PREVIEW_BYTES = 1024 * 1024;

export const PreviewQuery = z.strictObject({
  /** Entity that a record of the file is; absent: found out. */
  entity: z.string().min(1).max(64).optional(),
  /** Size of the whole file when the body is only its head; absent: the body is all of it. */
  size_bytes: z.coerce.number().int().min(0).optional(),
});
export type PreviewQuery = z.infer<typeof PreviewQuery>;

/** One value of the result beside what was received for it, told to the tenant who owns it. */
export const PreviewValue = z.object({
  /** Field of the entity, or `source.<column>` where the column is carried. */
  field: z.string(),
  /** 0-based ordinals of its source columns. */
  columns: z.array(Count),
  received: z.string().nullable(),
  canonical: z.string().nullable(),
  /** Why it is null, or what had to be removed. */
  finding: openEnum(FINDING_CODES).nullable(),
});

/** One record of the sample, in order of the source. */
export const PreviewRecord = z.object({
  record: z.int().min(1),
  line: z.int().min(1),
  byte_offset: Count,
  status: openEnum(['out', 'quarantined'] as const),
  /** Why it would be set aside; null for a record of the result. */
  code: openEnum(FINDING_CODES).nullable(),
  values: z.array(PreviewValue),
});

/** A column whose meaning is not sure enough to be applied; it would be carried. */
export const UnsureColumn = z.object({
  ordinal: Count,
  name: z.string(),
  /** What it may be; null when there is no idea. */
  field: z.string().nullable(),
  confidence: z.number().min(0).max(1),
  reasons: z.array(z.string()),
});

/** What a job would make of a file, by its head: nothing is kept and no job is made. */
export const PreviewBody = z.object({
  detection: z.object({
    format: openEnum(['delimited', 'fixed-width'] as const),
    container: openEnum(CONTAINERS),
    encoding: openEnum(ENCODINGS),
    confidence: z.number().min(0).max(1),
    /** Counts and sentences that speak for the answer; never a value. */
    evidence: z.array(z.string()),
    /** Empty where a layout cuts. */
    delimiter: z.string(),
    has_header: z.boolean(),
  }),
  columns: z.array(z.object({ ordinal: Count, name: z.string() })),
  /** Which column would become which field, with reasons. */
  mapping: Mapping,
  unsure: z.array(UnsureColumn),
  sample: z.object({
    /** Records that were looked at. */
    records: Count,
    /** Of them set aside. */
    quarantined: Count,
    /** The first of the records. */
    data: z.array(PreviewRecord),
  }),
  /** How often each finding was made among the records that were looked at. */
  findings: z.array(z.object({ code: openEnum(FINDING_CODES), severity: Severity, message: z.string(), count: Count })),
});
export type PreviewBody = z.infer<typeof PreviewBody>;
