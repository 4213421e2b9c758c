import { AppError, ERROR_KINDS } from '@attune/core';
import {
  JobBody,
  JobListQuery,
  JobOptionsRequest,
  jobPaths,
  parseJobOptions,
  parseRequest,
  ProblemBody,
  problemOf,
  QualityBody,
} from './index.js';
import { exampleJob } from './examples.js';

test('options that are left out have the defaults of the contract', () => {
  const defaults = {
    remove_duplicates: true,
    standardize_fields: true,
    validate_schema: true,
    output_formats: ['csv', 'parquet'],
    review: 'never',
  };
  expect(parseJobOptions(undefined)).toEqual(defaults);
  expect(parseJobOptions('{"remove_duplicates":false}')).toEqual({ ...defaults, remove_duplicates: false });
});

test('an unknown option is refused, and named where its name can hold no value', () => {
  const refused = errorOf(() => parseJobOptions('{"remove_duplicate":false,"x/y":1}'));
  expect(refused.code).toBe('validation_failed');
  expect(refused.errors.map((place) => place.pointer)).toEqual(['/options/remove_duplicate', '/options/(name)']);
});

test.each([
  ['[]', '/options'],
  ['{"output_formats":[]}', '/options/output_formats'],
  ['{"output_formats":["csv","csv"]}', '/options/output_formats'],
  ['{"output_formats":["docx"]}', '/options/output_formats/0'],
  ['{"validate_schema":"yes"}', '/options/validate_schema'],
  ['{"mapping":{"fields":[{"field":"","from":[{"ordinal":0,"name":"a"}]}]}}', '/options/mapping/fields/0/field'],
  ['{', '/options'],
])('options %s are refused at %s', (text, pointer) => {
  expect(errorOf(() => parseJobOptions(text)).errors[0]?.pointer).toBe(pointer);
});

test('a received value is never repeated in a problem', () => {
  const refused = errorOf(() => parseJobOptions('{"output_formats":["Quentin-Marlowe"],"validate_schema":"Quentin-Marlowe"}'));
  const problem = problemOf(refused, { instance: '/api/v1/jobs', requestId: 'r1' });
  expect(JSON.stringify(problem)).not.toContain('Quentin');
});

test('a mapping that a caller gives is completed, not refused', () => {
  const mapping = { fields: [{ field: 'birth_date', from: [{ ordinal: 3, name: 'DOB' }] }] };
  const given = JobOptionsRequest.parse({ mapping }).mapping;
  expect(given).toMatchObject({ version: 1, entity: 'person', fields: [{ field: 'birth_date', confidence: 1, reasons: [], options: {} }] });
});

test('the query of a list is closed and bounded', () => {
  expect(JobListQuery.parse({ limit: '200', status: 'failed' })).toEqual({ limit: 200, status: 'failed' });
  const refused = errorOf(() => parseRequest(JobListQuery, { limit: '201', sort: 'x' }, { what: 'The query', kind: 'parameter' }));
  expect(refused.errors.map((place) => place.parameter).sort()).toEqual(['limit', 'sort']);
});

test('a job of the documented shape is read, and one that lacks a member is not', () => {
  expect(JobBody.parse(exampleJob)).toEqual(exampleJob);
  for (const member of Object.keys(exampleJob)) {
    expect(JobBody.safeParse({ ...exampleJob, [member]: undefined }).success).toBe(false);
  }
});

test('a client of today reads the answer of a later server', () => {
  const later = { ...exampleJob, status: 'paused', operation: 'convert', priority_class: 'bulk' };
  expect(JobBody.parse(later)).toMatchObject({ status: 'paused', operation: 'convert' });
});

test('every error code makes a valid problem', () => {
  for (const code of Object.keys(ERROR_KINDS) as (keyof typeof ERROR_KINDS)[]) {
    const problem = problemOf(new AppError(code, 'detail', { cause: new Error('inside') }), { instance: '/x', requestId: 'r' });
    expect(ProblemBody.parse(problem)).toEqual(problem);
    expect(JSON.stringify(problem)).not.toContain('inside');
  }
});

test('a dimension that cannot be judged has no score', () => {
  const scored = { status: 'scored', numerator: 1, denominator: 2, score: 50 };
  const silent = { status: 'not_applicable', numerator: 0, denominator: 0, score: null, reason: 'No reference.' };
  const dimensions = {
    completeness: scored,
    validity: scored,
    uniqueness: scored,
    consistency: silent,
    accuracy: silent,
    timeliness: silent,
  };
  const quality = {
    version: 2,
    entity: 'person',
    received_at: '2026-03-02T09:00:00.000Z',
    records: { in: 2, out: 1, quarantined: 1, merged: 0, dropped: 0 },
    dimensions,
    fields: [],
    rules: [],
    findings: [{ code: 'date.invalid', severity: 'error', field: 'birth_date', count: 3 }],
    quarantine: [{ code: 'csv.field_count', field: null, count: 1 }],
    overall: 50,
    previous: null,
  };
  expect(QualityBody.parse(quality)).toEqual(quality);
  expect(QualityBody.safeParse({ ...quality, version: 1 }).success).toBe(false);
});

test('an id cannot lead out of the path of its job', () => {
  expect(jobPaths('../../admin?x').status).toBe('/api/v1/jobs/..%2F..%2Fadmin%3Fx/status');
});

function errorOf(act: () => unknown): AppError {
  try {
    act();
  } catch (error) {
    if (error instanceof AppError) return error;
    throw error;
  }
  throw new Error('Nothing was refused.');
}
