import { FINDING_KINDS, type FindingCode, SourceColumn, ValuePart } from '@attune/core';
import { z } from 'zod';
import { Count, openEnum } from './open-enum.js';

const FINDING_CODES = Object.keys(FINDING_KINDS) as FindingCode[];

/**
 * What became of the values of one column or field, counted over the accepted records, exact duplicates among them. A value is what was
 * received in all its columns together; nothing received and a constant are no changes.
 */
const ValueCounts = z.object({
  records: Count,
  /** Records without a value in the result. */
  nulls: Count,
  /** Values whose canonical bytes differ from the received ones; a received value that is null in the result differs too. */
  changed: Count,
});

/** Where one field of the result comes from. */
export const FieldLineage = ValueCounts.extend({
  field: z.string(),
  from: z.array(SourceColumn),
  join: z.string().optional(),
  part: ValuePart.optional(),
  expression: z.string().optional(),
  constant: z.string().optional(),
  /** Entries of the value map. */
  values: Count.optional(),
  /** Null where the job does not standardize its fields. */
  standardizer: z.string().nullable(),
  options: z.record(z.string(), z.unknown()),
  /** Values that the standardizer has refused. */
  refused: Count,
  findings: z.partialRecord(openEnum(FINDING_CODES), Count),
});
export type FieldLineage = z.infer<typeof FieldLineage>;

/** A column that goes into the result as it was received, but for control characters. */
export const CarriedLineage = ValueCounts.extend({ ordinal: Count, name: z.string() });
export type CarriedLineage = z.infer<typeof CarriedLineage>;

/** Artifact `lineage` and answer of `/lineage`, version 1: the mapped fields in schema order, the carried columns in source order. */
export const LineageBody = z.object({
  version: z.literal(1),
  entity: z.string(),
  fields: z.array(FieldLineage),
  carried: z.array(CarriedLineage),
});
export type LineageBody = z.infer<typeof LineageBody>;
