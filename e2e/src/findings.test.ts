import { DuplicatePage, FindingPage, QuarantinePage } from '@attune/api';
import { Installation } from './installation.js';

const HEADER = 'patient_id,first_name,last_name,dob,phone\n';
const people = Array.from({ length: 30 }, (_, i) => `P${i},Ada,Colby,19${40 + i}-03-09,(217) 555-01${10 + i}\n`).join('');
const FILE = `${HEADER}${people}P3,Ada,Colby,1943-03-09,(217) 555-0113\nP90,A\u0000da,Colby,1950-02-30,12\nP91,\u2028,too,many,fields,here\n`;

let attune: Installation;

beforeAll(() => void (attune = Installation.shared()));

afterAll(() => attune.stop());

test('every finding and every merged record can be read with its place, and their counts are those of the job', async () => {
  const job = await attune.run({ bytes: FILE });
  expect(job.status).toBe('completed');
  const findings = await attune.read(FindingPage, `/api/v1/jobs/${job.job_id}/findings?limit=200`);
  const placed = findings.data.filter(({ record }) => record !== null);
  expect(placed.map(({ record, column, field, code, value }) => [record, column, field, code, value])).toEqual([
    [32, 1, 'first_name', 'text.control_character', 'A\u0000da'],
    [32, 3, 'birth_date', 'date.invalid', '1950-02-30'],
    [32, 4, 'phone', 'phone.invalid', '12'],
    [33, 5, null, 'csv.field_count', null],
  ]);
  expect(findings.data.filter(({ severity }) => severity === 'error')).toHaveLength(job.metrics.errors_found);
  const duplicates = await attune.read(DuplicatePage, `/api/v1/jobs/${job.job_id}/duplicates`);
  expect(duplicates.data).toMatchObject([{ record: 31, line: 32, survivor_record: 4, survivor_line: 5 }]);
  const quarantine = await attune.read(QuarantinePage, `/api/v1/jobs/${job.job_id}/quarantine`);
  expect(quarantine.data).toMatchObject([{ record: 33, raw: 'P91,\u2028,too,many,fields,here\n' }]);
});

test('a list is walked in pages without a gap and without a repetition', async () => {
  const job = await attune.run({ bytes: FILE });
  const seen: unknown[] = [];
  let cursor: string | null = null;
  do {
    const page: FindingPage = await attune.read(
      FindingPage,
      `/api/v1/jobs/${job.job_id}/findings?limit=2${cursor ? `&cursor=${cursor}` : ''}`,
    );
    seen.push(...page.data);
    cursor = page.next_cursor;
  } while (cursor !== null);
  expect(seen).toEqual((await attune.read(FindingPage, `/api/v1/jobs/${job.job_id}/findings?limit=200`)).data);
});
