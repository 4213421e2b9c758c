import { z } from 'zod';
import { Count, openEnum } from './open-enum.js';

/** A share of something, kept as its two counts so that a reader can check it. */
export const Share = z.object({ numerator: Count, denominator: Count });

/** `score` is 0..100, and null when the dimension cannot be judged on this input: never 100 for want of a test. */
export const DimensionScore = Share.extend({
  status: openEnum(['scored', 'not_applicable']),
  score: z.number().min(0).max(100).nullable(),
  /** Why it is not applicable. */
  reason: z.string().optional(),
});

export const QUALITY_DIMENSIONS = ['completeness', 'validity', 'uniqueness', 'consistency', 'accuracy', 'timeliness'] as const;
export type QualityDimension = (typeof QUALITY_DIMENSIONS)[number];

export const FieldQuality = z.object({
  field: z.string(),
  standardizer: z.string(),
  /** Values that are not empty, of all records. */
  filled: Share,
  /** Values that the standardizer took, of the filled ones. */
  valid: Share,
  distinct: Count,
});

/** Artifact `quality` and answer of `/quality`, version 1. Records are source records. */
export const QualityBody = z.object({
  version: z.literal(1),
  records: z.object({ in: Count, out: Count, quarantined: Count, merged: Count, dropped: Count }),
  dimensions: z.object({
    completeness: DimensionScore,
    validity: DimensionScore,
    uniqueness: DimensionScore,
    consistency: DimensionScore,
    accuracy: DimensionScore,
    timeliness: DimensionScore,
  }),
  fields: z.array(FieldQuality),
  /** 0..100 over the scored dimensions; null when none was. */
  overall: z.number().min(0).max(100).nullable(),
});
export type QualityBody = z.infer<typeof QualityBody>;
