import { z } from 'zod';
import { Mapping } from './mapping.js';
import { OUTPUT_FORMATS } from './job.js';
import { Comments, CONTAINERS, ENCODINGS, FORMATS, JsonRecords, LayoutColumn, Trailers } from './text.js';

/** How a text is cut into fields. One character each; quote 0 means that nothing is quoted, delimiter 0 that a layout cuts. */
export const Dialect = z.strictObject({
  delimiter: z.int().min(0).max(127),
  quote: z.int().min(0).max(127),
  header: z.boolean(),
  /** Bytes of a byte order mark at the start of the text: 0, 2 (UTF-16) or 3 (UTF-8). */
  bom: z.int().min(0).max(3),
});
export type Dialect = z.infer<typeof Dialect>;

/** What inspect found out about the container and the text. */
export const Detection = z.strictObject({
  format: z.enum(FORMATS),
  container: z.enum(CONTAINERS).default('none'),
  encoding: z.enum(ENCODINGS),
  confidence: z.number(),
  evidence: z.array(z.string()),
  dialect: Dialect,
  /** Of a fixed-width text; null for a delimited one. */
  layout: z.array(LayoutColumn).nullable().default(null),
  /** Of a JSON text; null for others. Its columns are named by their paths. */
  json: JsonRecords.nullable().default(null),
  /** Name of the table or sheet that is read; null where there is but one text. */
  table: z.string().nullable().default(null),
  columns: z.array(z.strictObject({ ordinal: z.int(), name: z.string() })),
  header_findings: z.array(
    z.strictObject({
      code: z.enum(['header.duplicate', 'header.empty', 'header.absent', 'sheet.others_unread']),
      ordinal: z.int().optional(),
    }),
  ),
  /** sha256 over the names of the columns in order: equal schemas have equal fingerprints. */
  fingerprint: z.string(),
});
export type Detection = z.infer<typeof Detection>;

/** How a value looks, whatever it means; every value has exactly one of them. */
export const VALUE_SHAPES = [
  'digits',
  'number',
  'date',
  'uuid',
  'email',
  'word',
  'two_words',
  'words',
  'last_comma_first',
  'code',
  'text',
] as const;
export type ValueShape = (typeof VALUE_SHAPES)[number];

/** What the sample says about one column. `fits` counts, per standardizer (`date:mdy` and so on for its orders), the values it takes. */
export const ColumnProfile = z.strictObject({
  ordinal: z.int(),
  name: z.string(),
  records: z.int(),
  nulls: z.int(),
  min_length: z.int(),
  max_length: z.int(),
  fits: z.record(z.string(), z.int()),
  /** Estimate of how many different values there are; exact to about one in a hundred. */
  distinct: z.int().optional(),
  /** Values per shape (see `VALUE_SHAPES`); shapes without a value are left out. */
  shapes: z.record(z.string(), z.int()).optional(),
});
export type ColumnProfile = z.infer<typeof ColumnProfile>;

export const SampleProfile = z.strictObject({ records: z.int(), columns: z.array(ColumnProfile) });
export type SampleProfile = z.infer<typeof SampleProfile>;

/** Everything the transform needs to know; the same plan over the same bytes gives the same bytes. */
export const Plan = z.strictObject({
  version: z.literal(1),
  mapping: Mapping,
  container: z.enum(CONTAINERS).default('none'),
  encoding: z.enum(ENCODINGS).default('utf-8'),
  format: z.enum(FORMATS).default('delimited'),
  dialect: Dialect,
  layout: z.array(LayoutColumn).nullable().default(null),
  json: JsonRecords.nullable().default(null),
  table: z.string().nullable().default(null),
  /** All source columns in order. */
  columns: z.array(z.strictObject({ ordinal: z.int(), name: z.string() })),
  /** Texts that mean "no value", lower case. */
  null_tokens: z.array(z.string()),
  comments: Comments.nullable(),
  trailers: Trailers.nullable(),
  /** Fields without which a record is quarantined. */
  required: z.array(z.string()),
  /** Share of quarantined records above which the job fails. */
  quarantine_limit: z.number().min(0).max(1),
  options: z.strictObject({
    remove_duplicates: z.boolean(),
    standardize_fields: z.boolean(),
    validate_schema: z.boolean(),
    output_formats: z.array(z.enum(OUTPUT_FORMATS)),
  }),
  /** RFC 3339 UTC; stands for "now" wherever a rule needs it. */
  received_at: z.string(),
  engine_version: z.string(),
});
export type Plan = z.infer<typeof Plan>;

/** Part of every plan: results of different versions need not be the same bytes. */
export const ENGINE_VERSION = '4';
