import { GivenRules } from '@attune/rules';
import { AppError, GivenMapping, OUTPUT_FORMATS, TextOptions } from '@attune/core';
import { z } from 'zod';
import { openEnum } from './open-enum.js';
import { parseRequest } from './problem.api.js';

const REVIEWS = ['never', 'when_unsure'] as const;

/** Part `options` of a submit. Every member has a default; an unknown one is refused, so that a misspelling is never silence. */
export const JobOptionsRequest = z.strictObject({
  /** Exact duplicates are merged; false keeps them and reports the clusters. */
  remove_duplicates: z.boolean().default(true),
  /** False maps names and order only: the result is the received text. */
  standardize_fields: z.boolean().default(true),
  /** False reports missing required fields and type findings without quarantining. */
  validate_schema: z.boolean().default(true),
  /** Formats that publish leaves; the first is the one that `/result` answers without a format. */
  output_formats: z
    .array(z.enum(OUTPUT_FORMATS))
    .min(1)
    .refine((formats) => new Set(formats).size === formats.length, 'Each format may be named once.')
    .default(['csv', 'parquet']),
  /** False keeps texts in csv and tsv as they are; absent or true: those that a spreadsheet would calculate get an apostrophe in front. */
  defuse_formulas: z.boolean().optional(),
  /** Columns of the result that `partitioned_parquet` parts it by; absent: files of just under a million records. */
  partition_by: z
    .array(z.string().min(1).max(256))
    .min(1)
    .max(4)
    .refine((names) => new Set(names).size === names.length, 'Each column may be named once.')
    .optional(),
  /** True: the rows of the result are loaded into the warehouse. Of `harmonize` with `standardize_fields` only; absent: false. */
  load_warehouse: z.boolean().optional(),
  /** Which column is which field, decided by the caller; absent: Attune suggests. */
  mapping: GivenMapping.optional(),
  /** Id of a kept mapping; its latest version at the time of the submit is obeyed. Not together with `mapping`. */
  mapping_id: z.string().min(1).max(64).optional(),
  /** `when_unsure`: stop at awaiting_review when a column's meaning is not sure enough; `never`: such a column is carried. */
  review: z.enum(REVIEWS).default('never'),
  /** What the caller knows of the text; absent members are found out. */
  text: TextOptions.optional(),
  /** Rules that the result is judged by, as a document or as its text in JSON or YAML; absent: those that Attune brings along. */
  rules: GivenRules.optional(),
  /** Id of a kept document of rules; what it holds at the time of the submit counts. Not together with `rules`. */
  rules_id: z.string().min(1).max(64).optional(),
});
export type JobOptionsRequest = z.infer<typeof JobOptionsRequest>;

/** What a caller may write, defaults left out. */
export type JobOptionsInput = z.input<typeof JobOptionsRequest>;

/** The options of a job as it was submitted, defaults filled in. */
export const JobOptionsBody = z.object({
  remove_duplicates: z.boolean(),
  standardize_fields: z.boolean(),
  validate_schema: z.boolean(),
  output_formats: z.array(openEnum(OUTPUT_FORMATS)).readonly(),
  defuse_formulas: z.boolean().optional(),
  partition_by: z.array(z.string()).readonly().optional(),
  load_warehouse: z.boolean().optional(),
  mapping: GivenMapping.optional(),
  review: openEnum(REVIEWS),
  text: TextOptions.optional(),
  rules: z.record(z.string(), z.unknown()).optional(),
});

/** The JSON text of part `options`; undefined or empty means all defaults. Throws `validation_failed`. */
export function parseJobOptions(text: string | undefined): JobOptionsRequest {
  let input: unknown = {};
  try {
    if (text !== undefined && text.trim() !== '') input = JSON.parse(text);
  } catch (cause) {
    const errors = [{ pointer: '/options', code: 'invalid_json', message: 'The part is not JSON.' }];
    throw new AppError('validation_failed', 'Part options is not JSON.', { cause, errors });
  }
  return parseRequest(JobOptionsRequest, input, { what: 'Part options', base: '/options' });
}
