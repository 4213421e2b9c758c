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
  /** Which column is which field, decided by the caller; absent: Attune suggests. */
  mapping: GivenMapping.optional(),
  /** Id of a kept mapping; its latest version at the time of the submit is obeyed. Not together with `mapping`. */
  mapping_id: z.string().min(1).max(64).optional(),
  /** `when_unsure`: stop at awaiting_review when a column's meaning is not sure enough; `never`: such a column is carried. */
  review: z.enum(REVIEWS).default('never'),
  /** What the caller knows of the text; absent members are found out. */
  text: TextOptions.optional(),
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
  mapping: GivenMapping.optional(),
  review: openEnum(REVIEWS),
  text: TextOptions.optional(),
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
