import { z } from 'zod';

/** A column of the source: its place and its name as received. */
export const SourceColumn = z.strictObject({ ordinal: z.int().min(0), name: z.string() });
export type SourceColumn = z.infer<typeof SourceColumn>;

/** Says from which column a field comes, how its values are made canonical, and why we think so. */
export const FieldMapping = z.strictObject({
  field: z.string().min(1),
  from: z.array(SourceColumn).length(1),
  standardizer: z.string().min(1),
  options: z.record(z.string(), z.unknown()).default({}),
  /** A record without a value in this field is quarantined, unless the job does not validate the schema. */
  required: z.boolean().optional(),
  confidence: z.number().min(0).max(1),
  reasons: z.array(z.string()),
});
export type FieldMapping = z.infer<typeof FieldMapping>;

/** Every source column is in exactly one of `fields[].from` and `carried`. */
export const Mapping = z.strictObject({
  version: z.literal(1),
  entity: z.string(),
  fields: z.array(FieldMapping),
  carried: z.array(SourceColumn),
});
export type Mapping = z.infer<typeof Mapping>;

/** What a caller may give: reasons and carried columns are ours to fill in. */
export const GivenMapping = z.strictObject({
  version: z.literal(1).default(1),
  entity: z.string().default('person'),
  fields: z.array(
    FieldMapping.extend({
      standardizer: z.string().min(1).optional(),
      confidence: z.number().min(0).max(1).default(1),
      reasons: z.array(z.string()).default([]),
    }),
  ),
  carried: z.array(SourceColumn).optional(),
});
export type GivenMapping = z.infer<typeof GivenMapping>;
