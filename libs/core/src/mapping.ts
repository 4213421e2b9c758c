import { z } from 'zod';

/** A column of the source: its place and its name as received. */
export const SourceColumn = z.strictObject({ ordinal: z.int().min(0), name: z.string() });
export type SourceColumn = z.infer<typeof SourceColumn>;

/** Takes one piece of a value: `at` counts the pieces between separators from 0, negative ones from the end (-1 is the last). */
export const ValuePart = z.strictObject({ separator: z.string().min(1).max(8), at: z.int().min(-16).max(16) });
export type ValuePart = z.infer<typeof ValuePart>;

/**
 * Says from which columns a field comes, how its values are made canonical, and why we think so. In this order: the columns' values
 * without the null ones are joined, the part is taken, `values` translates it, and the standardizer makes it canonical.
 */
export const FieldMapping = z.strictObject({
  field: z.string().min(1),
  /** None: every record gets `constant`. Several: their values are joined. One column may feed several fields. */
  from: z.array(SourceColumn).max(16),
  /** Between the values of several columns. */
  join: z.string().max(8).optional(),
  part: ValuePart.optional(),
  /**
   * Makes the value from the columns it names, instead of `join`, `part` and `values` (docs/reference/expressions.md); `from` lists
   * those columns. The standardizer then makes it canonical.
   */
  expression: z.string().min(1).max(4096).optional(),
  /** The value of every record; goes with an empty `from` only. */
  constant: z.string().max(4096).optional(),
  /** Received value, trimmed, to what the standardizer is given; a value that is not listed goes on as it is. */
  values: z.record(z.string().max(4096), z.string().max(4096)).optional(),
  standardizer: z.string().min(1),
  options: z.record(z.string(), z.unknown()).default({}),
  /** A record without a value in this field is quarantined, unless the job does not validate the schema. */
  required: z.boolean().optional(),
  confidence: z.number().min(0).max(1),
  reasons: z.array(z.string()),
});
export type FieldMapping = z.infer<typeof FieldMapping>;

/** Every source column is in at least one `fields[].from`, or else in `carried`. */
export const Mapping = z.strictObject({
  version: z.literal(1),
  entity: z.string(),
  fields: z.array(FieldMapping),
  carried: z.array(SourceColumn),
  /** Why this entity, where nobody has named one. */
  reasons: z.array(z.string()).optional(),
});
export type Mapping = z.infer<typeof Mapping>;

/** What a caller may give: reasons and carried columns are ours to fill in. */
export const GivenMapping = z.strictObject({
  version: z.literal(1).default(1),
  entity: z.string().default('person'),
  fields: z.array(
    FieldMapping.extend({
      /** May be left out beside an expression, which names its columns itself. */
      from: FieldMapping.shape.from.default([]),
      standardizer: z.string().min(1).optional(),
      confidence: z.number().min(0).max(1).default(1),
      reasons: z.array(z.string()).default([]),
    }),
  ),
  carried: z.array(SourceColumn).optional(),
  reasons: z.array(z.string()).optional(),
});
export type GivenMapping = z.infer<typeof GivenMapping>;
