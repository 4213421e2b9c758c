import fs from 'node:fs';
import path from 'node:path';
import { jobActions, type JobBody, jobPaths } from '@attune/api';
import { Installation, problemOf, ROOT } from './installation.js';

jest.setTimeout(300_000);

let attune: Installation;
beforeAll(() => void (attune = Installation.shared()));
afterAll(() => attune.stop());

const HEADER = 'MRN,First Name,Last Name,Birth Date,City,Favourite colour';
/** Invented people: record 3 has a field too many, records 4 and 6 are the same. */
const people = (salt: string): string =>
  [
    HEADER,
    `${salt}1,Zoë,"O'Hara, ""Z""",3/9/1987,Springfield,"green\nand ""teal"""`,
    `${salt}2,名前,Stone,1990-01-02,Salem,`,
    `${salt}3,Cleo,Marsh,1955-06-07,Bath,red,more`,
    `${salt}4,Dan,Field,1961-11-30,Dover,\\.`,
    `${salt}5,Eve,Brook,,Troy,"{""a"":1}"`,
    `${salt}4,Dan,Field,1961-11-30,Dover,\\.`,
    ...Array.from({ length: 40 }, (_, i) => `${salt}B${i},Kim,Reed,1970-01-${String((i % 28) + 1).padStart(2, '0')},Athens,blue`),
    '',
  ].join('\n');

const load = (bytes: string, options: object = {}): Promise<JobBody> =>
  attune.run({ bytes, name: 'people.csv', options: { output_formats: ['ndjson'], load_warehouse: true, ...options } });

type Row = Record<string, unknown>;

const warehouse = (job: JobBody, which = 'valid_to IS NULL'): Promise<Row[]> =>
  attune.withDatabase(async (database) => {
    const { rows } = await database.query(
      `SELECT w.*, birth_date::text AS birth_date, death_date::text AS death_date FROM warehouse.person w
       WHERE dataset_id = $1 AND ${which} ORDER BY source_record_id, valid_from`,
      [job.input.dataset_id.slice(3)],
    );
    return rows as Row[];
  });

/** A row of the warehouse as the result has it. */
function asResult(row: Row, example: Row): Row {
  const carried = row['carried'] as Row;
  return Object.fromEntries(
    Object.keys(example).map((name) => {
      if (name === '_record') return [name, Number(row['source_record_id'])];
      if (name.startsWith('_')) return [name, example[name]];
      return [name, name.startsWith('source.') ? (carried[name.slice('source.'.length)] ?? null) : row[name]];
    }),
  );
}

/** What is open in the warehouse is the result of the job, value by value. */
async function expectLoaded(job: JobBody): Promise<void> {
  expect(job).toMatchObject({ status: 'completed', error: null });
  const [rows, result] = [await warehouse(job), await attune.rows(job.job_id)];
  const ordered = [...result].sort((a, b) => Number(a['_record']) - Number(b['_record']));
  expect(rows.map((row, i) => asResult(row, ordered[i] ?? {}))).toEqual(ordered);
}

test('every row of the result is in the warehouse once, value by value, with where it is from', async () => {
  const job = await load(people('A'));
  await expectLoaded(job);
  expect(job.load).toMatchObject({ table: 'warehouse.person', rows: 44, rows_added: 44, rows_closed: 0, superseded: false });
  const [row] = await warehouse(job);
  expect(row).toMatchObject({ file_name: 'people.csv', job_id: job.job_id.slice(4), batch_id: 1, data_source: 'upload' });
  expect(row).toMatchObject({ last_name: `O'Hara, "Z"`, carried: { 'Favourite colour': 'green\nand "teal"' } });
});

test('a job without the option loads nothing and says nothing of a load', async () => {
  const job = await load(people('B'), { load_warehouse: false });
  expect([job.load, await warehouse(job)]).toEqual([undefined, []]);
});

test('mended records join the rows under the next generation, and the others stay as they were', async () => {
  const first = await load(people('C'));
  const before = await warehouse(first);
  const answer = await attune.send(jobActions(first.job_id).resubmit, 'POST', {}, [
    { _record: 3, _raw: 'C3,Cleo,Marsh,1955-06-07,Bath,red' },
  ]);
  expect(answer.status).toBe(202);
  const second = await attune.ended(first.job_id);
  expect(second).toMatchObject({ generation: 2, load: { rows: 45, rows_added: 1, rows_closed: 0 } });
  await expectLoaded(second);
  const after = await warehouse(second);
  expect(after.filter(({ source_record_id: record }) => record !== '3')).toEqual(before);
  expect(after.find(({ source_record_id: record }) => record === '3')).toMatchObject({ batch_id: 2, city: 'BATH' });
});

test('a later job over the same bytes replaces what it makes otherwise and closes what it leaves out', async () => {
  const bytes = people('D');
  const kept = await load(bytes, { remove_duplicates: false });
  expect(kept.load).toMatchObject({ rows: 45, rows_added: 45 });
  const without = await load(bytes);
  expect(without.load).toMatchObject({ rows: 44, rows_added: 0, rows_closed: 1 });
  await expectLoaded(without);
  expect(await warehouse(without, 'is_deleted')).toMatchObject([{ source_record_id: '6', job_id: kept.job_id.slice(4) }]);
  const fields = [{ field: 'patient_id', from: [{ ordinal: 0, name: 'MRN' }] }];
  const other = await load(bytes, { mapping: { entity: 'person', fields } });
  expect(other.load).toMatchObject({ rows_added: other.load!.rows, rows_closed: 44 });
  await expectLoaded(other);
});

test('with the job its rows are gone', async () => {
  const job = await load(people('E'));
  expect((await warehouse(job)).length).toBe(44);
  expect((await attune.send(jobPaths(job.job_id).self, 'DELETE')).status).toBe(204);
  expect(await warehouse(job, 'true')).toEqual([]);
});

test('a job that has no typed rows to load is refused at its submit, and so is its clone', async () => {
  const refused = { status: 400, code: 'validation_failed', errors: [{ pointer: '/options/load_warehouse', code: 'conflict' }] };
  const options = { load_warehouse: true };
  expect(await problemOf(await attune.post({ bytes: people('F'), operation: 'validate', options }))).toMatchObject(refused);
  expect(await problemOf(await attune.post({ bytes: people('F'), options: { ...options, standardize_fields: false } }))).toMatchObject(
    refused,
  );
  const job = await attune.run({ bytes: people('F'), operation: 'validate' });
  expect(await problemOf(await attune.send(jobActions(job.job_id).clone, 'POST', {}, { options }))).toMatchObject(refused);
  const reference = { operation: 'validate', input: { dataset_id: job.input.dataset_id }, options };
  expect(await problemOf(await attune.send('/api/v1/jobs', 'POST', {}, reference))).toMatchObject(refused);
});

test('the examples of the documentation can be executed as they stand', async () => {
  const page = fs.readFileSync(path.join(ROOT, 'docs/how-to-load-a-warehouse.md'), 'utf8');
  const examples = [...page.matchAll(/```sql\n(.*?)```/gs)].map(([, example]) => example!);
  expect(examples.length).toBeGreaterThanOrEqual(4);
  await attune.withDatabase(async (database) => {
    await database.query('BEGIN');
    for (const example of examples) await database.query(example);
    await database.query('ROLLBACK');
  });
});
