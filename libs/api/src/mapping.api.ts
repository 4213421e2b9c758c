import { FieldMapping, GivenMapping, Mapping, SourceColumn } from '@attune/core';
import { z } from 'zod';
import { Count, openEnum, Timestamp } from './open-enum.js';
import { pageOf, PageQuery } from './page.api.js';
import { PreviewBody, PreviewRecord } from './preview.api.js';

/** Answer of `/mapping`: the member `mapping` of the plan. Every source column is in `fields[].from` or in `carried`. */
export const MappingBody = Mapping;
export type MappingBody = z.infer<typeof MappingBody>;

const MappingName = z
  .string()
  .trim()
  .min(1)
  .max(200)
  .regex(/^[^\u0000-\u001f\u007f]*$/, 'A name has no control characters.');

/** Body of `POST /api/v1/mappings` and `PUT /api/v1/mappings/{id}`. */
export const MappingRequest = z.strictObject({ name: MappingName, mapping: GivenMapping });
export type MappingRequest = z.infer<typeof MappingRequest>;

/** What a list tells of a mapping; its version is the ETag. */
export const MappingSummary = z.object({
  mapping_id: z.string(),
  version: z.int().min(1),
  name: z.string(),
  entity: z.string(),
  /** When this version was written. */
  created_at: Timestamp,
});
export type MappingSummary = z.infer<typeof MappingSummary>;

/** A mapping that a tenant keeps, at one of its versions. */
export const StoredMappingBody = MappingSummary.extend({ mapping: GivenMapping });
export type StoredMappingBody = z.infer<typeof StoredMappingBody>;

/** Newest mapping first, each at its latest version. */
export const MappingList = pageOf(MappingSummary);
export type MappingList = z.infer<typeof MappingList>;

const Version = z.coerce.number().int().min(1).max(2_147_483_647);

/** Query of `GET /api/v1/mappings/{id}`; without `version` the latest. */
export const MappingQuery = z.strictObject({ version: Version.optional() });

/** Query of `/diff`; without `to` the latest version, without `from` the one before `to`. */
export const MappingDiffQuery = z.strictObject({ from: Version.optional(), to: Version.optional() });

/** A field mapping as the caller has given it. */
const GivenField = GivenMapping.shape.fields.element;
const CHANGED_MEMBERS = ['from', 'join', 'part', 'expression', 'constant', 'values', 'standardizer', 'options', 'required'] as const;

/** What differs between two mappings, field by field; confidence and reasons do not count. */
export const MappingDiffBody = z.object({
  from: z.int().min(1),
  to: z.int().min(1),
  entity: z.object({ before: z.string(), after: z.string() }).nullable(),
  added: z.array(GivenField),
  removed: z.array(GivenField),
  changed: z.array(z.object({ field: z.string(), changed: z.array(openEnum(CHANGED_MEMBERS)), before: GivenField, after: GivenField })),
  /** Columns that feed a field in one of the two only. */
  columns_added: z.array(SourceColumn),
  columns_removed: z.array(SourceColumn),
});
export type MappingDiffBody = z.infer<typeof MappingDiffBody>;

/** Query of `POST /api/v1/mappings/suggest`; the body is the head of the file. */
export const MappingSuggestionQuery = z.strictObject({
  /** Entity that a record of the file is; absent: found out. */
  entity: z.string().min(1).max(64).optional(),
  /** Size of the whole file when the body is only its head; absent: the body is all of it. */
  size_bytes: z.coerce.number().int().min(0).optional(),
});

/** Which column would become which field, with reasons; nothing is kept and no job is made. */
export const MappingSuggestionBody = PreviewBody.pick({ detection: true, columns: true, mapping: true, unsure: true }).extend({
  /** sha256 over the names of the columns in order: what was accepted for the same ones is suggested again. */
  fingerprint: z.string(),
});
export type MappingSuggestionBody = z.infer<typeof MappingSuggestionBody>;

/** Body of `POST /api/v1/mappings/{id}/test`: a small file, as text or in base64; the body as a whole is at most 1 MiB. */
export const MappingTestRequest = z.strictObject({
  sample: z.string().min(1),
  encoding: z.enum(['utf-8', 'base64']).default('utf-8'),
  /** Absent: the latest. */
  version: z.int().min(1).max(2_147_483_647).optional(),
});
export type MappingTestRequest = z.input<typeof MappingTestRequest>;

/** Where a finding was made first. */
const FirstFinding = z.object({ code: z.string(), record: z.int().min(1), line: z.int().min(1), byte_offset: Count });

/** How the values of the sample get on with one field. */
export const FieldTest = z.object({
  field: z.string(),
  from: FieldMapping.shape.from,
  /** Records with a received value, those among them whose value the field takes, and those without any. */
  received: Count,
  fits: Count,
  nulls: Count,
  findings: z.array(z.object({ code: z.string(), count: Count })),
  /** The first findings, ten at most, in order of the source. */
  first: z.array(FirstFinding),
});
export type FieldTest = z.infer<typeof FieldTest>;

/** What a mapping makes of a sample; nothing is kept and no job is made. */
export const MappingTestBody = z.object({
  mapping_id: z.string(),
  version: z.int().min(1),
  sample: z.object({
    /** Records that were looked at, of them set aside, and those that are told here and counted in `fields` (the first 200). */
    records: Count,
    quarantined: Count,
    data: z.array(PreviewRecord),
  }),
  fields: z.array(FieldTest),
  /** Over all records that were looked at. */
  findings: PreviewBody.shape.findings,
});
export type MappingTestBody = z.infer<typeof MappingTestBody>;

/** Query of the lists of mappings and of versions. */
export const MappingListQuery = PageQuery;

/** The routes of one mapping; the same for server and client. `id` is a prefixed or bare id. */
export function mappingPaths(id: string) {
  const self = `/api/v1/mappings/${encodeURIComponent(id)}`;
  return { self, versions: `${self}/versions`, diff: `${self}/diff`, test: `${self}/test` } as const;
}
