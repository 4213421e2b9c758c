import type { ArtifactList } from './artifact.api.js';
import type { DiffPage } from './diff.api.js';
import { exampleJob } from './examples.js';
import type { LineageBody } from './lineage.api.js';
import type { AttemptList, TimelineBody } from './timeline.api.js';

const attempt: AttemptList['data'][number] = {
  stage: 'inspect',
  shard: 0,
  epoch: 1,
  worker: 'validator-bc3ab9e4',
  started_at: '2026-03-02T09:00:00.120Z',
  ended_at: '2026-03-02T09:00:00.310Z',
  outcome: 'done',
};

const timeline: TimelineBody = {
  job_id: exampleJob.job_id,
  created_at: exampleJob.created_at,
  started_at: exampleJob.started_at,
  completed_at: null,
  stages: [
    {
      name: 'inspect',
      service: 'validator',
      status: 'done',
      ready_at: exampleJob.created_at,
      started_at: attempt.started_at,
      ended_at: attempt.ended_at,
      waited_seconds: 0.12,
      attempts: [attempt],
    },
  ],
};

const lineage: LineageBody = {
  version: 1,
  entity: 'person',
  fields: [
    {
      field: 'birth_date',
      from: [{ ordinal: 3, name: 'DOB' }],
      standardizer: 'date',
      options: { order: 'mdy' },
      records: 96,
      nulls: 2,
      changed: 94,
      refused: 1,
      findings: { 'date.invalid': 1 },
    },
  ],
  carried: [{ ordinal: 4, name: 'note', records: 96, nulls: 90, changed: 0 }],
};

const changes: DiffPage = {
  data: [
    {
      member: '',
      record: 17,
      line: 18,
      byte_offset: 1204,
      field: 'birth_date',
      columns: [{ ordinal: 3, name: 'DOB' }],
      received: '3/9/1987',
      canonical: '1987-03-09',
    },
  ],
  next_cursor: null,
  has_more: false,
};

const artifacts: ArtifactList = {
  data: [
    {
      kind: 'quality',
      stage: 'check',
      generation: 1,
      bytes: 2048,
      sha256: exampleJob.input.sha256,
      records: null,
      created_at: '2026-03-02T09:00:04.000Z',
      media_type: 'application/json',
      links: { self: `${exampleJob.links.self}/artifacts/quality` },
    },
  ],
};

/** What has happened to a job and what it has left, by the name of its shape. */
export const historyExamples: Readonly<Record<string, unknown>> = {
  ArtifactList: artifacts,
  AttemptList: { data: [attempt] } satisfies AttemptList,
  ChangePage: changes,
  Lineage: lineage,
  Timeline: timeline,
};
