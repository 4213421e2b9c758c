import { GivenMapping, OUTPUT_FORMATS } from '@attune/core';
import { z } from 'zod';
import { ArtifactDocument } from './artifact-document.js';
import { ArtifactList, DOWNLOADS, ReportQuery } from './artifact.api.js';
import { DiffPage, DiffQuery } from './diff.api.js';
import { DuplicatePage } from './duplicate.api.js';
import { FindingPage } from './finding.api.js';
import { JobBody } from './job.api.js';
import { LineageBody } from './lineage.api.js';
import { MappingBody } from './mapping.api.js';
import type { ApiOperation, HeaderShapes, ResponseShape } from './operation.js';
import {
  answer,
  ETAG,
  IDEMPOTENCY_KEY,
  IF_NONE_MATCH,
  json,
  NEXT_PAGE,
  NOT_MODIFIED,
  REPR_DIGEST,
  RETRY_AFTER,
} from './operation-parts.js';
import { PageQuery } from './page.api.js';
import { QualityBody } from './quality.api.js';
import { MendedBody, QUARANTINE_FORMATS, QuarantineDownloadQuery, QuarantinePage, QuarantineRecord } from './quarantine.api.js';

const JOB = '/api/v1/jobs/{id}';

/** Records of the result: their columns are those of the job's entity and what was carried. */
const ResultRecords = z.array(z.record(z.string(), z.unknown()));
const ResultRecord = z.record(z.string(), z.unknown());

const ATTACHED: HeaderShapes = {
  ...ETAG,
  ...REPR_DIGEST,
  'Content-Disposition': { description: 'Name of the file.', required: true, example: 'attachment; filename="result.csv"' },
};

const INLINE: HeaderShapes = {
  'Content-Disposition': { description: 'Whether it is shown or saved.', required: true, example: 'inline; filename="report.html"' },
};

const POLICY: HeaderShapes = {
  'Content-Security-Policy': {
    description: 'Nothing but the styles of the document itself.',
    required: true,
    example: "default-src 'none'; style-src 'unsafe-inline'",
  },
};

const RESULT = {
  'text/csv': { kind: 'text', example: 'patient_id,first_name\nP1,Ada\n' },
  'application/json': { kind: 'json', schema: ResultRecords, example: [{ patient_id: 'P1', first_name: 'Ada' }] },
  'application/x-ndjson': { kind: 'lines', schema: ResultRecord, example: { patient_id: 'P1', first_name: 'Ada' } },
  'application/vnd.apache.parquet': { kind: 'bytes' },
  'text/tab-separated-values': { kind: 'text', example: 'patient_id\tfirst_name\nP1\tAda\n' },
  'application/zip': { kind: 'bytes' },
  'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet': { kind: 'bytes' },
} as const satisfies ResponseShape['content'];

const ARTIFACT = {
  'application/json': { kind: 'json', schema: ArtifactDocument },
  'application/x-ndjson': {
    kind: 'lines',
    schema: z.record(z.string(), z.unknown()),
    example: { record: 17, line: 18, byte_offset: 1204, code: 'date.invalid' },
  },
  'application/vnd.apache.parquet': { kind: 'bytes' },
  'text/html': { kind: 'text' },
} as const satisfies ResponseShape['content'];

const CONDITIONS: HeaderShapes = {
  ...IF_NONE_MATCH,
  Range: {
    description: 'One range of bytes (RFC 9110, section 14); several are ignored and the whole is sent.',
    example: 'bytes=0-1048575',
  },
  'If-Range': { description: 'The ETag of the copy that the range is to complete; another one gets the whole.', example: '"7"' },
};

const WHOLE: HeaderShapes = {
  ...ETAG,
  ...REPR_DIGEST,
  'Accept-Ranges': { description: 'Ranges of bytes are served.', required: true, example: 'bytes' },
};

const PIECE: HeaderShapes = {
  ...WHOLE,
  'Content-Range': { description: 'Which bytes these are, and of how many.', required: true, example: 'bytes 0-1048575/20971520' },
};

/** The whole file, a piece of it, or word that the caller has it already. */
function deliveries(content: NonNullable<ResponseShape['content']>, headers: HeaderShapes): ApiOperation['responses'] {
  return {
    200: { description: 'The whole file.', content, headers: { ...headers, ...WHOLE } },
    206: { description: 'The range that was asked for.', content, headers: { ...headers, ...PIECE } },
    304: NOT_MODIFIED,
  };
}

const page = (id: string, what: string, summary: string, schema: z.ZodType): ApiOperation => ({
  id,
  method: 'get',
  path: `${JOB}/${what}`,
  tag: 'Results',
  summary,
  security: 'key',
  limit: 'api',
  query: PageQuery,
  responses: { 200: answer('A page, in order of the source.', schema, NEXT_PAGE) },
  problems: ['not_found', 'gone', 'cursor_invalid', 'result_not_ready', 'conflict_state'],
});

const document = (id: string, what: string, summary: string, schema: z.ZodType): ApiOperation => ({
  id,
  method: 'get',
  path: `${JOB}/${what}`,
  tag: 'Results',
  summary,
  security: 'key',
  limit: 'api',
  headers: CONDITIONS,
  responses: deliveries(json(schema), {}),
  problems: ['not_found', 'gone', 'result_not_ready', 'conflict_state', 'range_invalid'],
});

/** What the stages of a job have left (api.md, section 4). */
export const artifactOperations: readonly ApiOperation[] = [
  {
    id: 'readResult',
    method: 'get',
    path: `${JOB}/result`,
    tag: 'Results',
    summary: 'Download the result',
    description: '`format` decides, else `Accept`, else the first of the formats that the job publishes.',
    security: 'key',
    limit: 'api',
    query: z.object({ format: z.enum(OUTPUT_FORMATS).optional() }),
    headers: CONDITIONS,
    responses: deliveries(RESULT, ATTACHED),
    problems: ['not_found', 'gone', 'not_acceptable', 'result_not_ready', 'conflict_state', 'range_invalid'],
  },
  document('readQuality', 'quality', 'Read the quality report', QualityBody),
  {
    ...document('readReport', 'report', 'Read the report for people', QualityBody),
    description:
      'One HTML document that loads nothing and opens offline: records, scores, findings, quarantine, rules, fields and lineage. It holds no value of a record.',
    query: ReportQuery,
    responses: deliveries({ 'text/html': { kind: 'text' } }, { ...INLINE, ...POLICY }),
  },
  document('readLineage', 'lineage', 'Read which columns each field came from', LineageBody),
  {
    id: 'listArtifacts',
    method: 'get',
    path: `${JOB}/artifacts`,
    tag: 'Results',
    summary: 'List what the stages have left',
    security: 'key',
    limit: 'api',
    responses: { 200: answer('All of them, in the order in which they were left.', ArtifactList) },
    problems: ['not_found', 'gone'],
  },
  {
    id: 'readArtifact',
    method: 'get',
    path: `${JOB}/artifacts/{kind}`,
    tag: 'Results',
    summary: 'Download an artifact',
    description: `One of ${Object.keys(DOWNLOADS).join(', ')}. The manifest and the quality report have schemas of their own.`,
    security: 'key',
    limit: 'api',
    headers: CONDITIONS,
    responses: deliveries(ARTIFACT, {}),
    problems: ['not_found', 'gone', 'result_not_ready', 'conflict_state', 'range_invalid'],
  },
  {
    id: 'downloadQuarantine',
    method: 'get',
    path: `${JOB}/quarantine/download`,
    tag: 'Results',
    summary: 'Download everything that was set aside',
    description:
      'With its reasons. The CSV has the columns of the source, where the record could be cut into them; a text that a spreadsheet would take for a formula begins with an apostrophe. Both forms can be mended and sent back (`resubmit`).',
    security: 'key',
    limit: 'api',
    query: QuarantineDownloadQuery,
    responses: {
      200: {
        description: 'One record per row or line.',
        content: {
          [QUARANTINE_FORMATS.csv]: { kind: 'text', example: '_record,_member,_line,_code,_field,_reason,_raw,MRN,Name\r\n' },
          [QUARANTINE_FORMATS.ndjson]: { kind: 'lines', schema: QuarantineRecord },
        },
        headers: {
          'Content-Disposition': { description: 'Name of the file.', required: true, example: 'attachment; filename="quarantine.csv"' },
        },
      },
    },
    problems: ['not_found', 'gone', 'not_acceptable', 'result_not_ready', 'conflict_state'],
  },
  {
    id: 'resubmitQuarantine',
    method: 'post',
    path: `${JOB}/quarantine/resubmit`,
    tag: 'Jobs',
    summary: 'Send mended records back',
    description:
      'Only records of the quarantine, each once; records that are as they were stay where they are. The job goes on with its next generation, which works on these records alone and adds them to the result. 200 when nothing was changed. At most 32 MiB, in UTF-8.',
    security: 'key',
    limit: 'jobs',
    headers: {
      ...IDEMPOTENCY_KEY,
      'If-Match': { description: 'Only a job at this ETag; another is 412. Optional.', example: '"7"' },
    },
    body: {
      required: true,
      content: {
        'text/csv': { kind: 'text', example: '_record,Birth Date\r\n17,1987-03-09\r\n' },
        'application/x-ndjson': { kind: 'lines', schema: MendedBody, example: { _record: 17, _raw: 'P1,Ada,1987-03-09' } },
        ...json(z.array(MendedBody), [{ _record: 17, 'Birth Date': '1987-03-09' }]),
        'multipart/form-data': {
          kind: 'form',
          parts: { file: { description: 'The records, in any of the other forms.', required: true } },
        },
      },
    },
    responses: {
      200: answer('Nothing was changed, or the work is done already.', JobBody, ETAG),
      202: answer('The job, which goes on.', JobBody, { ...ETAG, ...RETRY_AFTER }),
    },
    problems: [
      'not_found',
      'gone',
      'conflict_state',
      'precondition_failed',
      'payload_too_large',
      'unsupported_media',
      'unprocessable_file',
      'idempotency_in_progress',
      'idempotency_mismatch',
      'storage_full',
    ],
  },
  {
    id: 'readJobMapping',
    method: 'get',
    path: `${JOB}/mapping`,
    tag: 'Results',
    summary: 'Read the mapping of a job',
    security: 'key',
    limit: 'api',
    headers: IF_NONE_MATCH,
    responses: { 200: answer('Which column became which field, and why.', MappingBody, ETAG), 304: NOT_MODIFIED },
    problems: ['not_found', 'gone', 'result_not_ready', 'conflict_state'],
  },
  {
    id: 'answerReview',
    method: 'put',
    path: `${JOB}/mapping`,
    tag: 'Jobs',
    summary: 'Answer the review of a job',
    description:
      'Only while the job is `awaiting_review`: it is planned again with this mapping and goes on. Later, clone it with a mapping.',
    security: 'key',
    limit: 'api',
    headers: { 'If-Match': { description: 'The ETag of the mapping that was read.', required: true, example: '"9f86d081"' } },
    body: {
      required: true,
      content: json(GivenMapping, { fields: [{ field: 'patient_id', from: [{ ordinal: 0, name: 'MRN' }] }] }),
    },
    responses: { 202: answer('The job, which goes on.', JobBody, ETAG) },
    problems: [
      'not_found',
      'gone',
      'result_not_ready',
      'conflict_state',
      'payload_too_large',
      'unsupported_media',
      'precondition_required',
      'precondition_failed',
      'mapping_invalid',
      'plan.unresolved',
    ],
  },
  page('listQuarantine', 'quarantine', 'List the records that were set aside', QuarantinePage),
  page('listFindings', 'findings', 'List what was found', FindingPage),
  page('listDuplicates', 'duplicates', 'List the records that equal an earlier one', DuplicatePage),
  {
    ...page('listChanges', 'diff', 'List the values that are not in the result as they were received', DiffPage),
    description: 'A page may be short or empty although more follow: only so many bytes are read for one.',
    query: DiffQuery,
  },
];
