import fs from 'node:fs';
import path from 'node:path';
import { AttemptList, jobActions, type JobBody, jobPaths, ManifestBody, TimelineBody } from '@attune/api';
import { delimitedRows } from './delimited-rows.js';
import { expectConservation, type Installation, linesOf, problemOf } from './installation.js';
import { describeShapes } from './shapes.js';

const HEADER = 'MRN,First Name,Last Name,Birth Date,City';
/** Invented people: record 3 has a field too many, 5 one too few, 7 a stray quote; 9 equals 1 but for its missing city. */
const LINES = [
  'A1,Ada,Quill,1987-03-09,Springfield',
  'A2,Ben,Stone,1990-01-02,Salem',
  'A3,Cleo,Marsh,1955-06-07,12 Main St, Apt 3',
  'A4,Dan,Field,1961-11-30,Dover',
  'A5,Eve,Brook,1972-08-15',
  'A6,Fay,Wood,2001-02-28,Troy',
  'A7,Gus,"Hill"x,1949-12-24,Paris',
  'A8,Ida,Lake,1980-05-05,Rome',
  'A1,Ada,Quill,1987-03-09',
  ...Array.from({ length: 20 }, (_, i) => `B${i},Kim,Reed,1970-01-01,Athens`),
];
const PEOPLE = `${HEADER}\n${LINES.join('\n')}\n`;

describeShapes((start) => {
  let attune: Installation;
  beforeAll(async () => (attune = await start()));
  afterAll(async () => expect(await attune.stop()).toEqual({ exitCode: 0, left: [] }));

  const submitted = (): Promise<JobBody> => attune.run({ bytes: PEOPLE, options: { output_formats: ['csv', 'ndjson'] } });
  const resubmit = (id: string, body: string, type = 'text/csv', headers: Record<string, string> = {}): Promise<Response> =>
    attune.request(jobActions(id).resubmit, { method: 'POST', headers: { 'Content-Type': type, ...headers }, body });
  const csvOf = async (id: string): Promise<string> => (await attune.request(`${jobPaths(id).quarantineDownload}?format=csv`)).text();
  const resultOf = async (id: string): Promise<string> => (await attune.request(`${jobPaths(id).result}?format=csv`)).text();

  test('what is mended in the downloaded table joins the result under the next generation, and nothing else changes', async () => {
    const first = await submitted();
    expect(first).toMatchObject({ status: 'completed', generation: 1, row_ledger: [{ records_in: 29, records_quarantined: 4 }, {}, {}] });
    const before = await resultOf(first.job_id);
    const [header, ...rows] = delimitedRows(await csvOf(first.job_id));
    expect(header!.slice(7)).toEqual(HEADER.split(','));
    expect(rows.map(([record]) => record)).toEqual(['3', '5', '7', '9']);
    expect(rows.map((cells) => cells.slice(7))).toEqual([
      ['', '', '', '', ''],
      ['A5', 'Eve', 'Brook', '1972-08-15', ''],
      ['', '', '', '', ''],
      ['A1', 'Ada', 'Quill', '1987-03-09', ''],
    ]);
    const at = (name: string): number => header!.indexOf(name);
    rows[0]![at('_raw')] = 'A3,Cleo,Marsh,1955-06-07,"12 Main St, Apt 3"';
    rows[1]![at('City')] = 'Lima';
    rows[2]![at('_raw')] = 'A7,Gus,"Hill"y,1949-12-24,Paris';
    rows[3]![at('City')] = 'Springfield';
    const quoted = (cells: readonly string[]): string => cells.map((cell) => `"${cell.replaceAll('"', '""')}"`).join(',');
    const answer = await resubmit(first.job_id, [header!, ...rows].map(quoted).join('\r\n'));
    expect([answer.status, await answer.json()]).toEqual([202, expect.objectContaining({ generation: 2, status: 'processing' })]);
    const second = await attune.ended(first.job_id);
    expect(second).toMatchObject({ status: 'completed', generation: 2, error: null });
    expectConservation(second);
    expect(second.row_ledger[0]).toMatchObject({ records_in: 29, records_out: 27, records_quarantined: 1, records_merged: 1 });
    const after = await resultOf(first.job_id);
    expect(after.startsWith(before)).toBe(true);
    expect(delimitedRows(after.slice(before.length)).map((cells) => cells.filter((cell) => /^A\d$/.test(cell))[0])).toEqual(['A3', 'A5']);
    expect(await attune.quarantine(first.job_id)).toMatchObject([{ record: 7, line: 8, code: 'csv.stray_quote', generation: 2 }]);
    const duplicates = linesOf(await attune.blob('duplicates', first.job_id));
    expect(duplicates).toMatchObject([{ record: 9, survivor_record: 1 }]);
    const manifest = await attune.read(ManifestBody, jobPaths(first.job_id).manifest);
    expect(manifest).toMatchObject({ generation: 2 });
    const { data: attempts } = await attune.read(AttemptList, jobPaths(first.job_id).attempts);
    expect(attempts.map(({ stage, shard }) => `${stage} ${shard}`)).toEqual([
      'inspect 0',
      'plan 0',
      'transform 0',
      'check 0',
      'publish 0',
      'transform 1',
      'check 0',
      'publish 0',
    ]);
    await attune.read(TimelineBody, jobPaths(first.job_id).timeline);
  });

  test('values may come back by their columns as JSON, and a resubmission is repeated by its key without a second effect', async () => {
    const { job_id: id } = await submitted();
    const body = JSON.stringify([{ _record: 5, City: 'Lima' }]);
    const send = (): Promise<Response> => resubmit(id, body, 'application/json', { 'Idempotency-Key': 'once' });
    expect((await send()).status).toBe(202);
    await attune.ended(id);
    const replay = await send();
    expect([replay.status, replay.headers.get('idempotent-replayed')]).toEqual([200, 'true']);
    expect((await attune.job(id)).generation).toBe(2);
    expect((await problemOf(await resubmit(id, '_record\n7', 'text/csv', { 'Idempotency-Key': 'once' }))).code).toBe(
      'idempotency_mismatch',
    );
    expect((await attune.quarantine(id)).map(({ record }) => record)).toEqual([3, 7, 9]);
    const rows = await attune.rows(id);
    expect(rows.at(-1)).toMatchObject({ _record: 5, _line: 6, _byte_offset: PEOPLE.indexOf(LINES[4]!) });
  });

  test('what cannot be taken is refused with the number of the record, and nothing is changed', async () => {
    const { job_id: id, version } = await submitted();
    const refused = async (body: string): Promise<unknown> => {
      const problem = await problemOf(await resubmit(id, body, 'application/x-ndjson'));
      return [problem.status, problem.code, problem.errors?.map(({ pointer, code, message }) => `${pointer} ${code} ${message}`)];
    };
    const places = (...errors: string[]): unknown => [422, 'unprocessable_file', errors];
    expect(await refused('{"_record":1,"City":"Rome"}')).toEqual(places('/0/_record not_quarantined Record 1 is not in the quarantine.'));
    expect(await refused('{"_record":5,"City":"Rome"}\n{"_record":5,"City":"Oslo"}')).toEqual(
      places('/1/_record duplicate Record 5 was sent twice.'),
    );
    expect(await refused('{"_record":5,"Town":"Rome"}')).toEqual(
      places('/0/_record unknown_column Record 5 names a column that the source does not have.'),
    );
    expect(await refused('{"_record":5,"City":"Rome","_raw":"A5,Eve,Brook,1972-08-15,Rome"}')).toEqual(
      places('/0/_record ambiguous Record 5 was changed in _raw and in its columns.'),
    );
    expect((await problemOf(await resubmit(id, '_record,City\n5,Rome', 'text/csv', { 'If-Match': '"1"' }))).code).toBe(
      'precondition_failed',
    );
    // What came back as it was is no change, and neither is nothing.
    for (const body of [await csvOf(id), '_record\r\n', '[]']) expect((await resubmit(id, body)).status).toBe(200);
    expect(await attune.job(id)).toMatchObject({ generation: 1, version, status: 'completed' });
    const validation = await attune.run({ bytes: PEOPLE, operation: 'validate' });
    expect((await problemOf(await resubmit(validation.job_id, '_record,City\n5,Rome'))).code).toBe('conflict_state');
  });

  test('a job with too much in its quarantine is completed by mending it', async () => {
    const bad = Array.from({ length: 10 }, (_, i) =>
      i < 5 ? `C${i},Ann,Moor,1980-02-0${i + 1}` : `C${i},Ann,Moor,1980-02-0${i - 4},Cork`,
    );
    const job = await attune.run({ bytes: `${HEADER}\n${bad.join('\n')}\n`, options: { output_formats: ['csv'] } });
    expect(job).toMatchObject({ status: 'failed', error: { code: 'quarantine.limit' } });
    const mend = async (...records: number[]): Promise<JobBody> => {
      const answer = await resubmit(job.job_id, `_record,City\n${records.map((record) => `${record},Bonn`).join('\n')}\n`);
      expect(answer.status).toBe(202);
      return attune.ended(job.job_id);
    };
    expect(await mend(1, 2)).toMatchObject({ status: 'failed', generation: 2, error: { code: 'quarantine.limit' } });
    const last = await mend(3, 4);
    expect(last).toMatchObject({ status: 'completed', generation: 3, row_ledger: [{ records_in: 10, records_out: 9 }, {}, {}] });
    expectConservation(last);
  });

  test('a deletion leaves nothing of any generation', async () => {
    const { job_id: id } = await submitted();
    await resubmit(id, '_record,City\n5,Lima');
    await attune.ended(id);
    expect((await attune.request(jobPaths(id).self, { method: 'DELETE' })).status).toBe(204);
    const kept = fs.readdirSync(path.join(attune.server.dataDir, 'blobs'), { recursive: true, encoding: 'utf8' });
    expect(kept.filter((name) => name.includes(id.slice(4)) && /\.\w+$/.test(name))).toEqual([]);
  });
});
