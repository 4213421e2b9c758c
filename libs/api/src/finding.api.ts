import { FINDING_KINDS, type FindingCode } from '@attune/core';
import { z } from 'zod';
import { Count, openEnum } from './open-enum.js';
import { pageOf } from './page.api.js';

const FINDING_CODES = Object.keys(FINDING_KINDS) as FindingCode[];

/** One thing that was found: about a value, a record, a column, or the whole dataset (then `record`, `line` and `byte_offset` are null). */
export const FindingBody = z.object({
  /** Member of a container, empty for a plain file. */
  member: z.string(),
  record: z.int().min(1).nullable(),
  line: z.int().min(1).nullable(),
  byte_offset: Count.nullable(),
  /** 0-based ordinal of the source column. */
  column: Count.nullable(),
  /** Field of the entity, or the source column's name. */
  field: z.string().nullable(),
  code: openEnum(FINDING_CODES),
  severity: openEnum(['info', 'warning', 'error', 'fatal']),
  message: z.string(),
  /** As received, cut at 4 KiB; of a rule the canonical value that it judged. Null where no single value is meant. */
  value: z.string().nullable(),
  /** Id of the rule that the record or the dataset fails; absent for findings of the pass over the input. */
  rule: z.string().optional(),
  /** What to do about it, where a rule says so. */
  fix: z.string().optional(),
});
export type FindingBody = z.infer<typeof FindingBody>;

/** Those of the plan first, then those of the pass and then those of the rules, each in order of the source. */
export const FindingPage = pageOf(FindingBody);
export type FindingPage = z.infer<typeof FindingPage>;
