import { FINDING_KINDS, type FindingCode } from '@attune/core';
import { RULE_DIMENSIONS, RULE_SEVERITIES } from '@attune/rules';
import { z } from 'zod';
import { Count, openEnum, Timestamp } from './open-enum.js';

/** A share of something, kept as its two counts so that a reader can check it. */
export const Share = z.object({ numerator: Count, denominator: Count });

/** `score` is 0..100, and null when the dimension cannot be judged on this input: never 100 for want of a test. */
export const DimensionScore = Share.extend({
  status: openEnum(['scored', 'not_applicable']),
  score: z.number().min(0).max(100).nullable(),
  /** Why it is not applicable. */
  reason: z.string().optional(),
});

export const QUALITY_DIMENSIONS = RULE_DIMENSIONS;
export type QualityDimension = (typeof QUALITY_DIMENSIONS)[number];

export const FieldQuality = z.object({
  field: z.string(),
  standardizer: z.string(),
  /** Values that are not empty, of all records. */
  filled: Share,
  /** Values that the standardizer took, of the filled ones. */
  valid: Share,
  distinct: Count,
  /** Characters of the shortest and the longest value in the result; 0 where there is none. */
  min_length: Count,
  max_length: Count,
  /** Of numbers (amounts in cents) and, as the share of true ones, of truth values; null for other fields and where there is none. */
  mean: z.number().nullable(),
});
export type FieldQuality = z.infer<typeof FieldQuality>;

/** What became of one rule. Rules of severity info do not count in a score. */
export const RuleQuality = z.object({
  id: z.string(),
  kind: z.string(),
  /** `default`: brought along for the entity; `job`: of the document that the job was given. */
  origin: openEnum(['default', 'job']),
  /** What holds for a record that passes, and what to do about one that fails. */
  message: z.string(),
  fix: z.string(),
  /** Fields that it reads; its findings are made at the first. */
  fields: z.array(z.string()),
  severity: openEnum(RULE_SEVERITIES),
  dimension: openEnum(RULE_DIMENSIONS),
  status: openEnum(['passed', 'failed', 'not_applicable']),
  /** Records that had what the rule needs, and those among them that failed: as many findings. A rule over the dataset judges once. */
  judged: Count,
  failed: Count,
  /** Share of those that passed, 0..100; null where nothing was judged. */
  score: z.number().min(0).max(100).nullable(),
  /** Why it is not applicable. */
  reason: z.string().optional(),
  /** What a rule over the dataset has seen, in numbers. */
  observed: z.string().optional(),
});
export type RuleQuality = z.infer<typeof RuleQuality>;

const FINDING_CODES = Object.keys(FINDING_KINDS) as FindingCode[];

/** So many entries of a list with the same code in the same field; null where the whole record, or the dataset, is meant. */
const ListTally = z.object({ code: openEnum(FINDING_CODES), field: z.string().nullable(), count: Count });

const FindingTally = ListTally.extend({ severity: openEnum(['info', 'warning', 'error', 'fatal']) });

const Score = z.number().min(0).max(100).nullable();

/** The scores of the previous job of the tenant over a dataset with the same columns and entity. */
export const PreviousQuality = z.object({
  job_id: z.string(),
  /** When that dataset was received. */
  received_at: Timestamp,
  overall: Score,
  dimensions: z.record(z.string(), Score),
});
export type PreviousQuality = z.infer<typeof PreviousQuality>;

/**
 * Artifact `quality` and answer of `/quality`, version 2. Records are source records. A report can be made of it and the profile alone:
 * scores, rules with their counts, the table of the fields, field against rule, and the trend against the previous job.
 */
export const QualityBody = z.object({
  version: z.literal(2),
  entity: z.string(),
  /** When the dataset was received; stands for now in the rules. */
  received_at: Timestamp,
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
  rules: z.array(RuleQuality),
  /** The findings of the plan and of the pass, most frequent first: as many as `findings` lists without those of rules. */
  findings: z.array(FindingTally).optional(),
  /** The quarantine by reason, most frequent first; as many as there are records in it. */
  quarantine: z.array(ListTally).optional(),
  /** 0..100 over the scored dimensions; null when none was. */
  overall: Score,
  /** Null where there is no previous job. */
  previous: PreviousQuality.nullable(),
});
export type QualityBody = z.infer<typeof QualityBody>;
