import { FINDING_KINDS, type FindingCode } from '@attune/core';
import { z } from 'zod';
import { Count, openEnum } from './open-enum.js';
import { pageOf } from './page.api.js';

const FINDING_CODES = Object.keys(FINDING_KINDS) as FindingCode[];

/**
 * One record that was set aside, with where it came from. `raw` are its bytes as received (at most 4 KiB) where they are UTF-8,
 * else `raw_base64`. Offsets count bytes of the decoded stream from 0; records and lines count from 1.
 */
export const QuarantineRecord = z.object({
  /** Member of a container, empty for a plain file. */
  member: z.string(),
  record: z.int().min(1),
  line: z.int().min(1),
  byte_offset: Count,
  byte_length: Count,
  /** 0-based ordinal of the source column; null when the whole record is meant. */
  column: Count.nullable(),
  /** Field of the entity, or the source column's name. */
  field: z.string().nullable(),
  code: openEnum(FINDING_CODES),
  message: z.string(),
  raw: z.string().optional(),
  raw_base64: z.base64().optional(),
  /** Generation in which the record came back mended and was set aside again; `raw` is then what came back, in UTF-8. */
  generation: z.int().min(2).optional(),
});
export type QuarantineRecord = z.infer<typeof QuarantineRecord>;

/** In order of the source. */
export const QuarantinePage = pageOf(QuarantineRecord);
export type QuarantinePage = z.infer<typeof QuarantinePage>;

/** Forms in which the whole quarantine may be downloaded. */
export const QUARANTINE_FORMATS = { csv: 'text/csv', ndjson: 'application/x-ndjson' } as const;

/**
 * What the CSV of a download has beside the columns of the source, which come after these. A source column of the same name, or of a name
 * that another one has already, gets a number.
 */
export const MENDING_COLUMNS = ['_record', '_member', '_line', '_code', '_field', '_reason', '_raw'] as const;

/**
 * A quarantined record that comes back mended: `_record` is its ordinal, and then either `_raw`, the whole record in the dialect of the source
 * but UTF-8, or its source columns by their names in the downloaded CSV. Columns that are not named stay as they were.
 */
export const MendedBody = z.object({ _record: z.int().min(1) }).catchall(z.union([z.string(), z.number(), z.boolean(), z.null()]));
export type MendedBody = z.infer<typeof MendedBody>;

/** Bytes of one resubmission at most. */
export const RESUBMIT_BYTES = 32 * 1024 * 1024;

/** Query of `/quarantine/download`; without a format `Accept` decides, and without a preference it is CSV. */
export const QuarantineDownloadQuery = z.strictObject({ format: z.enum(['csv', 'ndjson']).optional() });
