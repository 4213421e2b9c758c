import fs from 'node:fs';
import path from 'node:path';
import { type JobBody, jobPaths, JobList, JobStatusBody, LogLine, QualityBody } from '@attune/api';
import { expectConservation, Installation, linesOf, problemOf, ROOT } from './installation.js';

const MEMBERS = fs.readFileSync(path.join(ROOT, 'samples/members.csv'));
jest.setTimeout(300_000);

let attune: Installation;
let members: JobBody;
beforeAll(async () => {
  attune = Installation.shared();
  members = await attune.run({ bytes: MEMBERS, name: 'members.csv', options: { output_formats: ['csv'] } });
});
afterAll(() => attune.stop());

test('quality has its denominators, the log its history, the mapping every column', async () => {
  const quality = await attune.read(QualityBody, jobPaths(members.job_id).quality);
  expect(quality.records).toMatchObject({ in: members.metrics.total_records, quarantined: members.metrics.records_quarantined });
  for (const dimension of Object.values(quality.dimensions)) {
    if (dimension.status === 'scored') expect(dimension.denominator).toBeGreaterThan(0);
    else expect(dimension).toMatchObject({ score: null, reason: expect.any(String) as string });
  }
  const answer = await attune.request(jobPaths(members.job_id).logs);
  const log = linesOf(await answer.text()).map((line) => LogLine.parse(line));
  expect(log.map(({ seq }) => seq)).toEqual(log.map((_, i) => i + 1));
  expect(log.filter(({ type }) => type === 'stage.done')).toHaveLength(members.stages.length);
  const mapping = await attune.mapping(members.job_id);
  const ordinals = [...mapping.fields.map(({ from }) => from[0]!.ordinal), ...mapping.carried.map(({ ordinal }) => ordinal)];
  expect(ordinals.sort((a, b) => a - b)).toEqual(Array.from({ length: 20 }, (_, i) => i));
});

test('what has not changed is not sent again, and a format that was not asked for is not acceptable', async () => {
  for (const route of [jobPaths(members.job_id).self, `${jobPaths(members.job_id).result}?format=csv`]) {
    const etag = (await attune.request(route)).headers.get('etag')!;
    const again = await attune.request(route, { headers: { 'If-None-Match': etag } });
    expect([again.status, await again.text()]).toEqual([304, '']);
  }
  const job = await attune.run({ bytes: 'patient_id,first_name\nP1,Ada\nP2,Bo\n', options: { output_formats: ['csv'] } });
  expect(await problemOf(await attune.request(`${jobPaths(job.job_id).result}?format=parquet`))).toMatchObject({
    status: 406,
    code: 'not_acceptable',
  });
  expect(await problemOf(await attune.request(jobPaths(job.job_id).result, { headers: { Accept: 'image/png' } }))).toMatchObject({
    status: 406,
  });
});

test('a validation leaves quality and quarantine, and no result', async () => {
  const job = await attune.run({ bytes: MEMBERS, operation: 'validate' });
  expect(job.status).toBe('completed');
  expectConservation(job);
  expect(await attune.read(QualityBody, jobPaths(job.job_id).quality)).toMatchObject({ version: 2 });
  expect(await attune.quarantine(job.job_id)).toHaveLength(members.metrics.records_quarantined);
  expect(await problemOf(await attune.request(jobPaths(job.job_id).result))).toMatchObject({ status: 409, code: 'conflict_state' });
});

test('each option changes what it names and nothing else', async () => {
  // Enough good dates that the column is taken for the birth date; one that no calendar has; two pairs of twins.
  const clean = Array.from({ length: 20 }, (_, i) => `P1${i},Eve,03/0${1 + (i % 9)}/1970`);
  const dirty = `patient_id,first_name,dob\n${['P1, ada ,01/02/1980', 'P1,ada,01/02/1980', 'P2,Bo,02/30/1980', 'P3,Cy,1981-04-05', 'P3,Cy,1981-04-05', ...clean].join('\n')}\n`;
  for (const remove_duplicates of [true, false]) {
    for (const standardize_fields of [true, false]) {
      for (const validate_schema of [true, false]) {
        const job = await attune.run({
          bytes: dirty,
          options: { remove_duplicates, standardize_fields, validate_schema, output_formats: ['ndjson'] },
        });
        expectConservation(job);
        const rows = await attune.rows(job.job_id);
        // Received as they are, the first two records differ in blanks.
        const merged = remove_duplicates ? (standardize_fields ? 2 : 1) : 0;
        expect([job.status, job.row_ledger[0]!.records_merged, rows.length]).toEqual(['completed', merged, 25 - merged]);
        expect(rows[0]).toMatchObject(
          standardize_fields ? { first_name: 'Ada', birth_date: '1980-01-02' } : { first_name: ' ada ', birth_date: '01/02/1980' },
        );
        expect(rows.find((row) => row['patient_id'] === 'P2')!['birth_date']).toBe(standardize_fields ? null : '02/30/1980');
        const duplicates = linesOf(await attune.blob('duplicates', job.job_id));
        expect(duplicates.length).toBe(standardize_fields ? 2 : 1);
      }
    }
  }
});

test('a mapping that the caller gives is used, and one that does not fit fails the job', async () => {
  const bytes = 'a,b\nP1,Ada\nP2,Bo\n';
  const fields = [
    { field: 'patient_id', from: [{ ordinal: 0, name: 'a' }] },
    { field: 'first_name', from: [{ ordinal: 1, name: 'b' }] },
  ];
  const job = await attune.run({ bytes, options: { output_formats: ['ndjson'], mapping: { fields } } });
  expect(await attune.rows(job.job_id)).toMatchObject([
    { patient_id: 'P1', first_name: 'Ada' },
    { patient_id: 'P2', first_name: 'Bo' },
  ]);
  const wrong = await attune.run({
    bytes,
    options: { mapping: { fields: [{ field: 'patient_id', from: [{ ordinal: 7, name: 'z' }] }] } },
  });
  expect(wrong).toMatchObject({ status: 'failed', error: { code: 'mapping_invalid', stage: 'plan' } });
});

test('lists are paged to their end, newest first, and read by the same contract', async () => {
  const ids: string[] = [];
  for (let cursor = ''; ;) {
    const page = await attune.read(JobList, `/api/v1/jobs?limit=4${cursor}`);
    ids.push(...page.data.map(({ job_id }) => job_id));
    if (page.next_cursor === null) break;
    cursor = `&cursor=${encodeURIComponent(page.next_cursor)}`;
  }
  expect(new Set(ids).size).toBe(ids.length);
  expect(ids).toEqual([...ids].sort().reverse());
  expect(await attune.read(JobStatusBody, jobPaths(members.job_id).status)).toMatchObject({ status: 'completed', progress: 100 });
});
