import type { DuplicatePage } from './duplicate.api.js';
import { historyExamples } from './history-examples.js';
import { mappingExamples } from './mapping-examples.js';
import type { BatchBody } from './batch.api.js';
import type { BulkRedriveBody } from './redrive.api.js';
import { ruleExamples } from './rule-examples.js';
import { storageExamples } from './storage-examples.js';
import { scheduleExamples } from './schedule-examples.js';
import { webhookExamples } from './webhook-examples.js';
import { exampleJob } from './examples.js';
import type { FindingPage } from './finding.api.js';
import type { HealthBody, LiveBody, ReadyBody } from './health.api.js';
import type { JobList, JobStatusBody } from './job.api.js';
import type { LogLine } from './log.api.js';
import type { ManifestBody } from './manifest.api.js';
import type { MappingBody } from './mapping.api.js';
import type { ProblemBody } from './problem.api.js';
import type { QualityBody } from './quality.api.js';
import type { QuarantinePage } from './quarantine.api.js';
import type { DirectUploadBody, UploadBody } from './upload.api.js';
import type { VersionBody } from './version.api.js';

const problem: ProblemBody = {
  type: '/problems/not_found',
  title: 'There is no such thing here',
  status: 404,
  detail: 'there is no such job',
  instance: '/api/v1/jobs/job_0197c0de-1111-7222-8333-444455556666',
  code: 'not_found',
  request_id: 'bc3ab9e4-3560-4e8f-b2ca-c589d36f4498',
  retryable: false,
};

const status: JobStatusBody = {
  job_id: exampleJob.job_id,
  status: 'processing',
  stage: 'transform',
  progress: 43,
  created_at: exampleJob.created_at,
  estimated_completion: exampleJob.estimated_completion,
  metrics: { records_processed: 43_000, total_records: null, errors_found: 12 },
  version: 7,
  cancel_requested: false,
};

const up = { healthy: true, since: '2026-03-02T08:00:00.000Z', code: null };
const checks = { database: up, queue: up, storage: up };
const health: HealthBody = { status: 'healthy', version: '0.1.0', checks };

const scored = { status: 'scored', score: 99.5, numerator: 199, denominator: 200 };
const unjudged = { status: 'not_applicable', score: null, numerator: 0, denominator: 0, reason: 'No reference to compare with.' };
const quality: QualityBody = {
  version: 2,
  entity: 'person',
  received_at: '2026-03-02T09:00:00.000Z',
  records: { in: 100, out: 96, quarantined: 1, merged: 3, dropped: 0 },
  dimensions: {
    completeness: scored,
    validity: scored,
    uniqueness: scored,
    consistency: unjudged,
    accuracy: unjudged,
    timeliness: unjudged,
  },
  fields: [
    {
      field: 'birth_date',
      standardizer: 'date',
      filled: { numerator: 99, denominator: 99 },
      valid: { numerator: 98, denominator: 99 },
      distinct: 97,
      min_length: 10,
      max_length: 10,
      mean: null,
    },
  ],
  rules: [
    {
      id: 'death_not_before_birth',
      kind: 'order',
      origin: 'default',
      message: 'birth_date is not after death_date.',
      fix: 'Correct birth_date or death_date at the source; maybe their columns are mapped the wrong way round.',
      fields: ['birth_date', 'death_date'],
      severity: 'error',
      dimension: 'consistency',
      status: 'failed',
      judged: 12,
      failed: 1,
      score: 91.66,
    },
  ],
  findings: [{ code: 'date.invalid', severity: 'error', field: 'birth_date', count: 1 }],
  quarantine: [{ code: 'csv.field_count', field: 'sex', count: 1 }],
  overall: 99.5,
  previous: {
    job_id: 'job_0197c0de-1111-7222-8333-444455550000',
    received_at: '2026-02-02T09:00:00.000Z',
    overall: 98.7,
    dimensions: { completeness: 98.7, accuracy: null },
  },
};

const place = { record: 17, line: 18, byte_offset: 1204 };
const quarantine: QuarantinePage = {
  data: [
    {
      ...place,
      member: '',
      byte_length: 42,
      column: null,
      field: null,
      code: 'record.too_many_fields',
      message: 'The record has more fields than the header.',
      raw: 'P17,Ada,Colby,1980-01-02,,extra',
    },
  ],
  next_cursor: null,
  has_more: false,
};
const findings: FindingPage = {
  data: [
    {
      member: '',
      ...place,
      column: 3,
      field: 'birth_date',
      code: 'date.invalid',
      severity: 'warning',
      message: 'There is no such day.',
      value: '02/30/1980',
    },
  ],
  next_cursor: null,
  has_more: false,
};
const duplicates: DuplicatePage = {
  data: [{ ...place, survivor_record: 3, survivor_line: 4, survivor_byte_offset: 160 }],
  next_cursor: null,
  has_more: false,
};

const manifest: ManifestBody = {
  version: 1,
  job_id: exampleJob.job_id,
  generation: 1,
  dataset: { id: exampleJob.input.dataset_id, sha256: exampleJob.input.sha256, bytes: 20_971_520 },
  engine_version: '1',
  created_at: '2026-03-02T09:00:05.000Z',
  mapping: { version: 1, entity: 'person', fields: 9, carried: 2 },
  row_ledger: [],
  outputs: [{ format: 'csv', file: 'result.csv', sha256: exampleJob.input.sha256, bytes: 18_000_000, records: 96 }],
};

const mapping: MappingBody = {
  version: 1,
  entity: 'person',
  fields: [
    {
      field: 'birth_date',
      from: [{ ordinal: 3, name: 'DOB' }],
      standardizer: 'date',
      options: { order: 'mdy' },
      confidence: 0.98,
      reasons: ['The name is a known one.'],
    },
  ],
  carried: [{ ordinal: 4, name: 'note' }],
};

const directUpload: DirectUploadBody = {
  upload_id: 'upl_0197c0de-1111-7222-8333-444455556666',
  bytes: 20_971_520,
  part_bytes: 16_777_216,
  parts: [
    { number: 1, bytes: 16_777_216, arrived: true, url: null, url_expires_at: null },
    {
      number: 2,
      bytes: 4_194_304,
      arrived: false,
      url: 'https://bucket.s3.example.org/incoming/0197c0de?partNumber=2&X-Amz-Expires=900',
      url_expires_at: '2026-03-02T09:15:00.000Z',
    },
  ],
  expires_at: '2026-03-03T09:00:00.000Z',
};

const upload: UploadBody = {
  upload_id: 'upl_0197c0de-1111-7222-8333-444455556666',
  bytes: 20_971_520,
  bytes_received: 20_971_520,
  name: 'people.csv',
  dataset_id: exampleJob.input.dataset_id,
  sha256: exampleJob.input.sha256,
  created_at: '2026-03-02T09:00:00.000Z',
  expires_at: '2026-03-03T09:00:00.000Z',
};

const logLine: LogLine = {
  seq: 4,
  at: '2026-03-02T09:00:00.310Z',
  level: 'info',
  type: 'stage.done',
  message: 'Stage inspect is done.',
  stage: 'inspect',
  attempt: 1,
  data: {},
};

/** Examples of answers by the name of their shape; those of requests stand with their operation. People are invented. */
const byName: Readonly<Record<string, unknown>> = {
  ...historyExamples,
  ...mappingExamples,
  ...ruleExamples,
  ...scheduleExamples,
  ...storageExamples,
  ...webhookExamples,
  ArtifactDocument: manifest,
  Batch: { job_ids: [exampleJob.job_id] } satisfies BatchBody,
  BulkRedrive: { dry_run: true, matched: 2, job_ids: [exampleJob.job_id], refused: [] } satisfies BulkRedriveBody,
  DuplicatePage: duplicates,
  FindingPage: findings,
  Health: health,
  Job: exampleJob,
  JobList: { data: [exampleJob], next_cursor: null, has_more: false } satisfies JobList,
  JobStatus: status,
  Live: { status: 'live' } satisfies LiveBody,
  LogLine: logLine,
  Manifest: manifest,
  Mapping: mapping,
  Quality: quality,
  QuarantinePage: quarantine,
  QuarantineRecord: quarantine.data[0],
  Ready: { status: 'ready', checks } satisfies ReadyBody,
  DirectUpload: directUpload,
  Upload: upload,
  Version: { api: 'v1', version: '0.1.0', commit: null, built_at: '2026-03-01T12:00:00.000Z' } satisfies VersionBody,
};

export const examples = { problem, byName };
