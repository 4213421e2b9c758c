import type { JobBody } from './job.api.js';

const id = '0197c0de-1111-7222-8333-444455556666';
const path = `/api/v1/jobs/job_${id}`;

/** A job in its transform stage, as the documentation shows it. The people behind it are invented. */
export const exampleJob = {
  job_id: `job_${id}`,
  operation: 'harmonize',
  priority_class: 'interactive',
  generation: 1,
  version: 7,
  status: 'processing',
  cancel_requested: false,
  stage: 'transform',
  attempt: 1,
  stages: [
    {
      name: 'inspect',
      status: 'done',
      shards: { total: 1, done: 1 },
      attempt: 1,
      started_at: '2026-03-02T09:00:00.120Z',
      ended_at: '2026-03-02T09:00:00.310Z',
      error: null,
    },
    {
      name: 'transform',
      status: 'running',
      shards: { total: 1, done: 0 },
      attempt: 1,
      started_at: '2026-03-02T09:00:00.400Z',
      ended_at: null,
      error: null,
    },
  ],
  waiting_for: null,
  progress: 43,
  estimated_completion: '2026-03-02T09:00:05Z',
  created_at: '2026-03-02T09:00:00Z',
  started_at: '2026-03-02T09:00:00.120Z',
  completed_at: null,
  deadline_at: null,
  metrics: { records_processed: 43_000, total_records: null, errors_found: 12, records_quarantined: 3, bytes_in: 20_971_520, bytes_out: 0 },
  row_ledger: [],
  input: {
    dataset_id: 'ds_0197c0de-aaaa-7bbb-8ccc-ddddeeeeffff',
    sha256: '9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08',
    bytes: 20_971_520,
    name: 'people.csv',
  },
  options: {
    remove_duplicates: true,
    standardize_fields: true,
    validate_schema: true,
    output_formats: ['csv', 'parquet'],
    review: 'never',
  },
  engine_version: '1',
  error: null,
  links: {
    self: path,
    result: `${path}/result`,
    quality: `${path}/quality`,
    quarantine: `${path}/quarantine`,
    mapping: `${path}/mapping`,
    logs: `${path}/logs`,
  },
} satisfies JobBody;
