import { gzipSync } from 'node:zlib';
import { DiffPage, jobPaths } from '@attune/api';
import { expectConservation, expectLocated, Installation } from './installation.js';

jest.setTimeout(300_000);

let attune: Installation;
beforeAll(() => void (attune = Installation.shared()));
afterAll(() => attune.stop());

const COLUMNS = ['patient_id', 'first_name', 'last_name', 'birth_date', 'note'] as const;
const PEOPLE = Array.from({ length: 40 }, (_, i) => [
  `P${1000 + i}`,
  ['Zoé', 'Ada', 'Bjørn', "D'Arcy"][i % 4]!,
  ['Müller', 'Quimby', 'Ångström'][i % 3]!,
  `19${40 + i}-0${1 + (i % 9)}-1${i % 9}`,
  `said "x\\y", ${i}`,
]);

const csv = [COLUMNS, ...PEOPLE].map((row) => row.map((value) => `"${value.replaceAll('"', '""')}"`).join(',') + '\n').join('');
const objects = PEOPLE.map((row) => Object.fromEntries(COLUMNS.map((name, c) => [name, row[c]!])));
const lines = objects.map((one) => `${JSON.stringify(one)}\n`).join('');
/** Every character that may be written otherwise is. */
const escaped = lines.replace(/[\u0080-\uffff]/g, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`);

const FORMS: readonly (readonly [name: string, bytes: Uint8Array | string])[] = [
  ['NDJSON', lines],
  ['NDJSON with escapes and CRLF', escaped.replaceAll('\n', '\r\n')],
  ['NDJSON in UTF-16', Buffer.from(`\ufeff${lines}`, 'utf16le')],
  ['NDJSON in Windows-1252', Buffer.from(lines, 'latin1')],
  ['an array', JSON.stringify(objects)],
  ['a pretty array', JSON.stringify(objects, null, 2)],
  ['an array within an object', JSON.stringify({ total: 40, data: { people: objects }, next: null })],
  ['pretty objects one after another', objects.map((one) => JSON.stringify(one, null, 2)).join('\n')],
  ['gzip', gzipSync(lines)],
];

/** What follows from the values alone; JSON has one more column, for members that were not foreseen. */
const valuesOf = (rows: readonly Record<string, unknown>[]): unknown[] =>
  rows.map((row) => Object.fromEntries(Object.entries(row).filter(([name]) => !name.startsWith('_') && name !== 'source._other')));

test('one table is the same result as CSV and in every form of JSON', async () => {
  const options = { output_formats: ['ndjson'] };
  const plain = await attune.run({ bytes: csv, options });
  const expected = valuesOf(await attune.rows(plain.job_id));
  expect(expected[0]).toMatchObject({ patient_id: 'P1000', first_name: 'Zoé', last_name: 'Müller', birth_date: '1940-01-10' });
  for (const [name, bytes] of FORMS) {
    const job = await attune.run({ bytes, name: 'people.json', options });
    expect([name, job.status, job.error, job.metrics.records_quarantined]).toEqual([name, 'completed', null, 0]);
    expect([name, valuesOf(await attune.rows(job.job_id))]).toEqual([name, expected]);
  }
});

const nested = (i: number): object => ({
  id: `P${1000 + i}`,
  name: [{ use: 'official', family: `Ångström${i}`, given: ['Ada', 'Ruth'] }],
  birthDate: '1950-02-03',
  address: { city: 'Orono' },
});

test('a mapping names nested paths; a broken record lies where it says, and what no column has is kept', async () => {
  const good = Array.from({ length: 60 }, (_, i) => nested(i));
  const texts = good.map((one) => JSON.stringify(one));
  texts.splice(30, 0, '{"id":"B1","name":[{"family":"cut off}]}', '{"id":"B2","id":"B2"}', '[1,2]', '{"id":NaN}');
  // The sample does not reach so far: 2,000 records.
  texts.push(...Array.from({ length: 2000 }, (_, i) => JSON.stringify(nested(100 + i))));
  texts.push(JSON.stringify({ ...nested(9000), link: [{ to: 'P1' }] }));
  const bytes = `[\n${texts.join(',\n')}\n]`;
  const mapping = {
    entity: 'person',
    fields: [
      { field: 'patient_id', from: [{ ordinal: 0, name: 'id' }] },
      { field: 'last_name', from: [{ ordinal: 2, name: 'name[0].family' }] },
      { field: 'first_name', from: [{ ordinal: 3, name: 'name[0].given[0]' }] },
      { field: 'city', from: [{ ordinal: 6, name: 'address.city' }] },
    ],
  };
  const job = await attune.run({ bytes, name: 'people.json', options: { output_formats: ['ndjson'], mapping } });
  expect([job.status, job.error, job.metrics.records_quarantined]).toEqual(['completed', null, 4]);
  expectConservation(job);
  const quarantined = await attune.quarantine(job.job_id);
  expect(quarantined.map(({ record, line, code }) => [record, line, code])).toEqual([
    [31, 32, 'json.invalid'],
    [32, 33, 'json.duplicate_key'],
    [33, 34, 'json.invalid'],
    [34, 35, 'json.invalid'],
  ]);
  expectLocated(Buffer.from(bytes), quarantined);
  const rows = await attune.rows(job.job_id);
  expect(rows).toHaveLength(2061);
  expect(rows[0]).toMatchObject({ patient_id: 'P1000', last_name: 'Ångström0', first_name: 'Ada', city: 'ORONO' });
  expect(rows[0]).toMatchObject({ 'source.name[0].given[1]': 'Ruth', 'source._other': null });
  expect(rows.at(-1)!['source._other']).toBe('{"link":[{"to":"P1"}]}');
  const diff = await attune.read(DiffPage, `${jobPaths(job.job_id).diff}?limit=3`);
  expect(diff.data[0]).toMatchObject({ record: 1, line: 2, field: 'city', received: 'Orono', canonical: 'ORONO' });
});
