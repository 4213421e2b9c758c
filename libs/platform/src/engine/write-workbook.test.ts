import { readFile } from 'node:fs/promises';
import readXlsxFile from 'read-excel-file/node';
import { attemptFolder } from './attempt-folder.fixture.js';
import { DecodedInput } from './container/decoded-input.js';
import { writeWorkbook } from './write-workbook.js';

const folder = attemptFolder('attune-workbook-');
const columns = ['patient_id', 'birth_date', 'alive', 'cents', 'note'].map((name, i) => ({ name, isText: i === 0 || i === 4 }));
const HEADER = columns.map(({ name }) => name).join(',');
const TEXT = [
  HEADER,
  'P1,1987-03-09,true,1250,"=HYPERLINK(""x"")"',
  '007,,false,-3,"two\nlines, ""quoted"""',
  'P3,1899-12-31,,99999999999999999,+1',
  'Zoë 😀,2024-02-29,true,0,""',
  ',,,,tab\tand\u0001control',
  '',
].join('\n');

let files = 0;
async function written(text: string, records: number, mostRows?: number): Promise<string> {
  const input = await folder.input(`${files}.csv`, Buffer.from(text));
  const target = folder.path(`${files++}.xlsx`);
  await writeWorkbook(input, columns, records, target, mostRows);
  return target;
}

test('what is written is read back by another program as it was, typed where a spreadsheet keeps it', async () => {
  const sheets = await readXlsxFile(await readFile(await written(TEXT, 5)));
  expect(sheets.map(({ sheet }) => sheet)).toEqual(['Result']);
  expect(sheets[0]!.data).toEqual([
    columns.map(({ name }) => name),
    ['P1', new Date('1987-03-09'), true, 1250, '=HYPERLINK("x")'],
    ['007', null, false, -3, 'two\nlines, "quoted"'],
    ['P3', '1899-12-31', null, '99999999999999999', '+1'],
    ['Zoë 😀', new Date('2024-02-29'), true, 0, null],
    [null, null, null, null, 'tab\tand\u0001control'],
  ]);
});

test('what is written is read back by our own reader as the text it was made of', async () => {
  const decoded = await DecodedInput.open(await written(TEXT, 5), 'xlsx', await folder.attempt(), { limit: 1 << 20, onRead: () => {} });
  const bytes = new Uint8Array(decoded.size);
  decoded.read(0, bytes);
  decoded.close();
  expect(Buffer.from(bytes).toString()).toBe(TEXT.replace(',""\n', ',\n'));
});

test('the same rows are the same bytes', async () => {
  const first = await readFile(await written(TEXT, 5));
  expect(first.equals(await readFile(await written(TEXT, 5)))).toBe(true);
});

test('rows that do not fit into a sheet go on in the next one, below a header of its own', async () => {
  const records = Array.from({ length: 23 }, (_, i) => `P${i},,,${i},`);
  const sheets = await readXlsxFile(await readFile(await written(`${HEADER}\n${records.join('\n')}\n`, 23, 10)));
  expect(sheets.map(({ sheet, data }) => [sheet, data.length])).toEqual([
    ['Result', 10],
    ['Result 2', 10],
    ['Result 3', 6],
  ]);
  expect(sheets.flatMap(({ data }) => data.slice(1).map((row) => row[3]))).toEqual(records.map((_, i) => i));
  expect(sheets.map(({ data }) => data[0])).toEqual(Array(3).fill(columns.map(({ name }) => name)));
});

test('a result without records is a header', async () => {
  expect((await readXlsxFile(await readFile(await written(`${HEADER}\n`, 0))))[0]!.data).toEqual([columns.map(({ name }) => name)]);
});

test('a text that no cell holds ends the writing, and so does a number of records that is not so', async () => {
  const long = `${HEADER}\n${'x'.repeat(40_000)},,,,\n`;
  await expect(written(long, 1)).rejects.toMatchObject({ code: 'unprocessable_file' });
  await expect(written(TEXT, 4)).rejects.toMatchObject({ code: 'engine.failed' });
  await expect(written(TEXT, 5, 4)).resolves.toBeDefined();
  await expect(written(TEXT, 3, 4)).rejects.toMatchObject({ code: 'engine.failed' });
});
