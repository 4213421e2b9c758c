import { gzipSync } from 'node:zlib';
import { jobPaths } from '@attune/api';
import readXlsxFile from 'read-excel-file/node';
import { delimitedRows } from './delimited-rows.js';
import { Installation } from './installation.js';
import { type Cell, workbookParts, zipOf } from './workbooks.js';

let attune: Installation;
beforeAll(() => void (attune = Installation.shared()));
afterAll(() => attune.stop());

const HEADER = ['patient_id', 'first_name', 'last_name', 'birth_date', 'visits', 'note'];
const NOTES = ['seen, twice', '=1+1', 'said "no"', '', 'a & b < c', '-', '_x0041_'];
/** 1940-01-10 is day 14620. */
const people = Array.from({ length: 40 }, (_, i) => ({
  id: `P${1000 + i}`,
  first: ['Zoé', 'Ada', 'Bjørn', "D'Arcy"][i % 4]!,
  last: ['Müller', 'Quimby', 'Ångström'][i % 3]!,
  born: 14_620 + 377 * i,
  visits: i,
  note: NOTES[i % NOTES.length]!,
}));

const iso = (days: number): string => new Date((days - 25_569) * 86_400_000).toISOString().slice(0, 10);
const quoted = (value: string): string => (/[",\n]/.test(value) ? `"${value.replaceAll('"', '""')}"` : value);
const csv = [HEADER, ...people.map(({ id, first, last, born, visits, note }) => [id, first, last, iso(born), String(visits), note])]
  .map((row) => `${row.map(quoted).join(',')}\n`)
  .join('');
/** What a program writes for a text that looks like one of its escapes. */
const written = (note: string): string => note.replaceAll('_x', '_x005F_x');
const rows: Cell[][] = [
  HEADER,
  ...people.map(({ id, first, last, born, visits, note }): Cell[] => [
    id,
    first,
    last,
    { date: born },
    visits,
    note === '' ? null : written(note),
  ]),
];
const workbook = zipOf(workbookParts({ '-Lookup': [['code'], ['x']], Cover: [['Members of March']], People: rows, Other: [['a'], ['b']] }));

test('a workbook is the same result as its table in CSV', async () => {
  const options = { output_formats: ['ndjson'] };
  const plain = await attune.run({ bytes: csv, options });
  const job = await attune.run({ bytes: workbook, name: 'members.xlsx', options });
  expect([job.status, job.error, job.row_ledger]).toEqual(['completed', null, plain.row_ledger]);
  expect(await attune.rows(job.job_id)).toEqual(await attune.rows(plain.job_id));
});

test('the sheet that is asked for is read, and one that is not there ends the job', async () => {
  const run = (table: string) => attune.run({ bytes: workbook, options: { output_formats: ['ndjson'], text: { table } } });
  expect((await run('other')).row_ledger[0]).toMatchObject({ records_in: 1 });
  const missing = await run('Ilka Brockmann');
  expect([missing.status, missing.error?.code]).toEqual(['failed', 'unprocessable_file']);
  expect(missing.error!.detail).not.toContain('Ilka');
});

test('the result as a workbook holds what the result in CSV holds', async () => {
  const job = await attune.run({ bytes: csv, options: { output_formats: ['csv', 'xlsx'], defuse_formulas: false } });
  expect([job.status, job.error]).toEqual(['completed', null]);
  const answer = await attune.request(`${jobPaths(job.job_id).result}?format=xlsx`);
  expect(answer.headers.get('content-type')).toBe('application/vnd.openxmlformats-officedocument.spreadsheetml.sheet');
  expect(answer.headers.get('content-disposition')).toContain('.xlsx"');
  const sheets = await readXlsxFile(Buffer.from(await answer.arrayBuffer()), { trim: false });
  const expected = delimitedRows(await (await attune.request(`${jobPaths(job.job_id).result}?format=csv`)).text());
  const told = (value: unknown): string =>
    value instanceof Date
      ? value.toISOString().slice(0, 10)
      : typeof value === 'string'
        ? value
        : (JSON.stringify(value ?? undefined) ?? '');
  expect(sheets.map(({ sheet }) => sheet)).toEqual(['Result']);
  expect(sheets[0]!.data.map((row) => row.map(told))).toEqual(expected);
  const born = sheets[0]!.data[0]!.indexOf('birth_date');
  expect(sheets[0]!.data.slice(1).every((row) => (row[born] as unknown) instanceof Date)).toBe(true);
});

describe('a workbook that is meant to do harm, or is damaged, ends its job', () => {
  const parts = workbookParts({ People: rows });
  const sheet = 'xl/worksheets/sheet1.xml';
  const compound = Buffer.alloc(4096);
  Buffer.from('d0cf11e0a1b11ae1', 'hex').copy(compound);
  const named = (stream: string): Buffer => Buffer.concat([compound, Buffer.from(`${stream}\0`, 'utf16le')]);

  test.each([
    ['cut', 'container.corrupt', workbook.subarray(0, workbook.length - 40)],
    ['a sheet that ends in the middle', 'container.corrupt', zipOf({ ...parts, [sheet]: parts[sheet]!.slice(0, -30) })],
    [
      'a document type',
      'container.corrupt',
      zipOf({ ...parts, [sheet]: `<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>${parts[sheet]}` }),
    ],
    [
      'a string that is not there',
      'container.corrupt',
      zipOf({ ...parts, [sheet]: parts[sheet]!.replace(/<c r="A2".*?<\/c>/, '<c r="A2" t="s"><v>9</v></c>') }),
    ],
    ['encrypted members', 'encrypted_file', zipOf(parts, 1)],
    ['encrypted as a whole', 'encrypted_file', named('EncryptedPackage')],
    ['of the old form', 'unprocessable_file', named('Workbook')],
    ['in a gzip', 'zip_bomb', gzipSync(workbook)],
    [
      'a row at the end of a sheet that is as long',
      'zip_bomb',
      zipOf({
        ...parts,
        [sheet]: parts[sheet]!.replace('</sheetData>', '<row r="1048576"><c r="XFD1048576"><v>1</v></c></row></sheetData>').replace(
          /<row r="2".*<\/row>(?=<row r="1048576")/,
          '',
        ),
      }),
    ],
  ])('%s: %s', async (_what, code, bytes) => {
    const job = await attune.run({ bytes, name: 'members.xlsx', options: { output_formats: ['ndjson'] } });
    expect([job.status, job.error?.code]).toEqual(['failed', code]);
  });
});
