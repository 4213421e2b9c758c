import { readdir } from 'node:fs/promises';
import { deflateRawSync } from 'node:zlib';
import fc from 'fast-check';
import readXlsxFile from 'read-excel-file/node';
import { AppError } from '@attune/core';
import { attemptFolder } from '../attempt-folder.fixture.js';
import { inspectFile } from '../inspect-file.js';
import { zipOf } from './containers.fixture.js';
import { DecodedInput } from './decoded-input.js';
import { columnName, escaped, relationships, rowsOfTexts, workbookOf, type WorkbookParts } from './workbooks.fixture.js';

const folder = attemptFolder('attune-xlsx-');
const LIMIT = 64 << 20;
const PEOPLE = [
  ['member_id', 'first_name', 'last_name'],
  ['m-1', 'Ilka', 'Brockmann'],
  ['m-2', 'Dorian', 'Fenwick, Jr.'],
];
const PEOPLE_TEXT = 'member_id,first_name,last_name\nm-1,Ilka,Brockmann\nm-2,Dorian,"Fenwick, Jr."\n';
const people = rowsOfTexts(PEOPLE);
const coded = (code: string) => expect.objectContaining({ code }) as unknown as Error;

let files = 0;
const stored = (bytes: Buffer): Promise<string> => folder.input(`${files++}.xlsx`, bytes);

async function textOf(bytes: Buffer, table?: string, limit = LIMIT): Promise<string> {
  const decoded = await DecodedInput.open(await stored(bytes), 'xlsx', await folder.attempt(), {
    limit,
    onRead: () => {},
    ...(table === undefined ? {} : { table }),
  });
  const text = new Uint8Array(decoded.size);
  decoded.read(0, text);
  decoded.close();
  return Buffer.from(text).toString('utf8');
}

const inspect = async (bytes: Buffer, table?: string) =>
  inspectFile(await stored(bytes), { inflatedBytes: LIMIT, scratch: await folder.attempt() }, table === undefined ? undefined : { table });

test('a workbook is told from a zip of tables by its parts, and is read like the table in it', async () => {
  const { detection, profile, head } = await inspect(workbookOf({ sheets: { People: people } }));
  expect(detection).toMatchObject({ container: 'xlsx', format: 'delimited', encoding: 'utf-8', table: 'People', header_findings: [] });
  expect(detection.columns.map(({ name }) => name)).toEqual(PEOPLE[0]);
  expect(profile.records).toBe(2);
  expect(Buffer.from(head).toString()).toBe(PEOPLE_TEXT);
  const zip = await inspect(zipOf([{ name: 'xl/people.csv', bytes: Buffer.from(PEOPLE_TEXT) }]));
  expect(zip.detection).toMatchObject({ container: 'zip', table: null });
});

test('a workbook with macros is read, and its macros are not', async () => {
  const parts = { 'xl/vbaProject.bin': Buffer.from('no macro') };
  expect(await textOf(workbookOf({ sheets: { People: people }, parts }))).toBe(PEOPLE_TEXT);
  const lies = { 'xl/vbaProject.bin': { crc: 1, size: 3 } };
  expect(await textOf(workbookOf({ sheets: { People: people }, parts, lies }))).toBe(PEOPLE_TEXT);
});

test('formulas without a stored result are told once they were all read, and strings beyond memory leave nothing behind', async () => {
  const rows = `${people}<row r="5"><c r="B5"><f>1+1</f></c><c r="C5" t="str"><f>A1</f><v>x</v></c></row><row r="6"><c r="B6"><f>1+1</f></c></row>`;
  const scratch = await folder.attempt();
  const input = await stored(workbookOf({ sheets: { People: rows } }));
  const decoded = await DecodedInput.open(input, 'xlsx', scratch, { limit: LIMIT, onRead: () => {} });
  expect(decoded.findings).toEqual([{ code: 'sheet.formula_without_result', severity: 'warning', member: '', line: 5, column: 1 }]);
  decoded.close();
  expect(await readdir(scratch)).toEqual([]);
});

describe('which sheet is read', () => {
  const title = rowsOfTexts([['Report']]);
  const other = rowsOfTexts([['a'], ['1']]);

  test('the first visible one that holds records, and the others are told', async () => {
    const found = await inspect(workbookOf({ sheets: { '-Secret': other, Empty: '', Title: title, People: people, Last: other } }));
    expect(found.detection.table).toBe('People');
    expect(found.detection.evidence.slice(0, 2)).toEqual([
      'The file is a workbook, told by its parts; its sheet “People” is read, the first visible one that holds records.',
      'Sheets that are not read: “Secret” (hidden), “Empty”, “Title”, “Last”.',
    ]);
    expect(found.detection.header_findings).toEqual([{ code: 'sheet.others_unread' }]);
  });

  test('the one that is asked for, hidden or not, whatever the case of its name', async () => {
    const bytes = workbookOf({ sheets: { '-Secret': people, First: other } });
    expect((await inspect(bytes, 'secret')).detection.table).toBe('Secret');
    expect(await textOf(bytes, 'Secret')).toBe(PEOPLE_TEXT);
    await expect(inspect(bytes, 'Ilka')).rejects.toEqual(coded('unprocessable_file'));
    await expect(inspect(bytes, 'Ilka')).rejects.not.toThrow('Ilka');
  });

  test('one with anything, where none holds records', async () => {
    expect((await inspect(workbookOf({ sheets: { Empty: '', Title: title } }))).detection.table).toBe('Title');
  });
});

describe('beside the oracle', () => {
  const formats = ['yyyy-mm-dd', 14, 'm/d/yy h:mm', '0.00', '"d"0'] as const;
  const text = fc.string({
    unit: fc.constantFrom('a', 'B', ',', '"', '<', '&', '\n', 'é', '😀', ' x', '_x0041_', "'"),
    minLength: 1,
    maxLength: 8,
  });
  const number = fc.oneof(
    fc.integer(),
    fc.double({ noNaN: true, min: -1e12, max: 1e12 }).filter((value) => value === 0 || Math.abs(value) > 1e-15),
  );
  const cell = fc.oneof(
    text.map((value) => ({ kind: 'inline', value }) as const),
    text.map((value) => ({ kind: 'shared', value }) as const),
    text.map((value) => ({ kind: 'rich', value }) as const),
    text.map((value) => ({ kind: 'formula', value }) as const),
    number.map((value) => ({ kind: 'number', value }) as const),
    fc.integer({ min: 61, max: 80_000 }).map((value) => ({ kind: 'date', value }) as const),
    fc.integer({ min: 61 * 86_400, max: 80_000 * 86_400 }).map((seconds) => ({ kind: 'time', value: seconds / 86_400 }) as const),
    fc.boolean().map((value) => ({ kind: 'boolean', value }) as const),
    fc.constant({ kind: 'none', value: '' } as const),
  );
  type Cell = (typeof cell)['generate'] extends (...args: never[]) => { value: infer Value } ? Value : never;

  function sheetOf(rows: readonly (readonly Cell[])[], strings: string[]): string {
    const xml = (one: Cell, place: string): string => {
      switch (one.kind) {
        case 'inline':
          return `<c r="${place}" t="inlineStr"><is><t xml:space="preserve">${escaped(one.value)}</t></is></c>`;
        case 'shared':
        case 'rich': {
          const t = `<t xml:space="preserve">${escaped(one.value)}</t>`;
          strings.push(one.kind === 'rich' ? `<r>${t}</r><r><rPr><b/></rPr><t>!</t></r><rPh sb="0" eb="1"><t>no</t></rPh>` : t);
          return `<c r="${place}" t="s"><v>${strings.length - 1}</v></c>`;
        }
        case 'formula':
          return `<c r="${place}" t="str"><f>A1</f><v>${escaped(one.value)}</v></c>`;
        case 'number':
          return `<c r="${place}" s="${one.value % 2 === 0 ? 4 : 0}"><v>${one.value}</v></c>`;
        case 'date':
          return `<c r="${place}" s="${1 + (one.value % 2)}"><v>${one.value}</v></c>`;
        case 'time':
          return `<c r="${place}" s="3"><v>${one.value}</v></c>`;
        case 'boolean':
          return `<c r="${place}" t="b"><v>${one.value ? 1 : 0}</v></c>`;
        case 'none':
          return '';
      }
    };
    return rows
      .map((row, i) => `<row r="${i + 1}">${row.map((one, column) => xml(one, `${columnName(column)}${i + 1}`)).join('')}</row>`)
      .join('');
  }

  /** A value of the oracle as ours are written; it cuts off the millisecond that rounding leaves. */
  const told = (value: unknown): string => {
    if (value === null || value === undefined) return '';
    if (value instanceof Date) return new Date(Math.round(value.getTime() / 1000) * 1000).toISOString().slice(0, 19);
    if (typeof value === 'number') return String(Number(value.toPrecision(Math.max(15, String(Math.trunc(Math.abs(value))).length))));
    return typeof value === 'string' ? value : JSON.stringify(value);
  };
  const ours = (value: string): string => {
    if (/^\d{4}-\d{2}-\d{2}$/.test(value)) return `${value}T00:00:00`;
    return /^-?\d+(\.\d+)?$/.test(value) ? String(Number(value)) : value.trim();
  };

  test('every cell of generated sheets is the one that it reads', async () => {
    const table = fc.array(fc.array(cell, { minLength: 1, maxLength: 6 }), { minLength: 1, maxLength: 12 });
    await fc.assert(
      fc.asyncProperty(table, fc.boolean(), async (rows, date1904) => {
        const strings: string[] = [];
        const bytes = workbookOf({ sheets: { S: sheetOf(rows, strings) }, strings, formats, date1904 });
        const expected = (await readXlsxFile(bytes))[0]!.data.map((row) => row.map(told));
        const found = fields(await textOf(bytes)).map((row) => row.map(ours));
        const width = Math.max(0, ...expected.map(({ length }) => length), ...found.map(({ length }) => length));
        const square = (table: string[][]) => trimmed(table.map((row) => [...row, ...Array<string>(width - row.length).fill('')]));
        expect(square(found)).toEqual(square(expected.map((row) => row.map((value) => ours(value)))));
      }),
      { numRuns: 60 },
    );
  });

  const trimmed = (rows: string[][]): string[][] => {
    const last = rows.findLastIndex((row) => row.some((value) => value !== ''));
    return rows.slice(0, last + 1);
  };
});

/** Fields of a delimited text. */
function fields(text: string): string[][] {
  const rows: string[][] = [[]];
  for (const [, quoted, plain, end] of text.matchAll(/(?:"((?:[^"]|"")*)"|([^,\n"]*))(,|\n|$)/g)) {
    if (end === '' && plain === '' && rows.at(-1)!.length === 0) break;
    rows.at(-1)!.push(quoted === undefined ? plain! : quoted.replaceAll('""', '"'));
    if (end === '\n') rows.push([]);
    if (end === '') break;
  }
  return rows.filter((row, i) => i < rows.length - 1 || row.length > 0);
}

describe('what is refused', () => {
  const sheet = 'xl/worksheets/sheet1.xml';
  const with_ = (more: Partial<WorkbookParts>): Buffer => workbookOf({ sheets: { People: people }, ...more });
  const worksheet = (rows: string): string => `<worksheet><sheetData>${rows}</sheetData></worksheet>`;
  const shared = '<row r="1"><c r="A1" t="s"><v>0</v></c></row>';

  test.each([
    ['container.corrupt', 'the part of the sheet is missing', () => with_({ parts: { [sheet]: undefined } })],
    ['container.corrupt', 'the styles are missing', () => with_({ parts: { 'xl/styles.xml': undefined } })],
    ['container.corrupt', 'the relationships are missing', () => with_({ parts: { 'xl/_rels/workbook.xml.rels': undefined } })],
    ['container.corrupt', 'a shared string out of range', () => with_({ parts: { [sheet]: worksheet(shared) } })],
    ['container.corrupt', 'a sheet that is cut', () => with_({ parts: { [sheet]: '<worksheet><sheetData><row>' } })],
    ['container.corrupt', 'a sheet that is empty', () => with_({ parts: { [sheet]: '' } })],
    ['container.corrupt', 'a sheet that is no XML', () => with_({ parts: { [sheet]: 'id,name\n1,x\n' } })],
    ['container.corrupt', 'a document type', () => with_({ parts: { [sheet]: `<!DOCTYPE w [<!ENTITY a "b">]>${worksheet('')}` } })],
    [
      'container.corrupt',
      'entities that multiply',
      () =>
        with_({
          parts: { 'xl/sharedStrings.xml': '<!DOCTYPE s [<!ENTITY a "aaaaaaaa"><!ENTITY b "&a;&a;">]><sst><si><t>&b;</t></si></sst>' },
        }),
    ],
    ['container.corrupt', 'a size that lies', () => with_({ lies: { [sheet]: { size: 10 } } })],
    ['container.corrupt', 'a size that lies the other way', () => with_({ lies: { [sheet]: { size: 1 << 30 } } })],
    ['container.corrupt', 'a checksum that lies', () => with_({ lies: { [sheet]: { crc: 1 } } })],
    [
      'container.corrupt',
      'a column beyond the last',
      () => with_({ parts: { [sheet]: worksheet('<row><c r="XFE1"><v>1</v></c></row>') } }),
    ],
    ['encrypted_file', 'an encrypted member', () => with_({ lies: { [sheet]: { flags: 1 } } })],
    ['unprocessable_file', 'an unknown compression', () => with_({ lies: { [sheet]: { method: 14 } } })],
    ['unprocessable_file', 'UTF-16', () => with_({ parts: { [sheet]: Buffer.from(`\ufeff${worksheet('')}`, 'utf16le') } })],
    ['unprocessable_file', 'no sheet', () => workbookOf({ sheets: {} })],
    ['unprocessable_file', 'no visible sheet', () => workbookOf({ sheets: { '-a': people } })],
    ['unprocessable_file', 'an empty sheet', () => workbookOf({ sheets: { a: '' } })],
    ['unprocessable_file', 'a text document', () => with_({ parts: { 'xl/workbook.xml': '<document/>' } })],
    [
      'unprocessable_file',
      'a binary workbook',
      () => with_({ parts: { '_rels/.rels': relationships([['r', 'officeDocument', 'xl/workbook.bin']]), 'xl/workbook.bin': 'x' } }),
    ],
    ['unprocessable_file', 'a cell of megabytes', () => workbookOf({ sheets: { a: rowsOfTexts([[noise((2 << 20) + 1)]]) } })],
    [
      'too_many_columns',
      'a header of more columns than are read',
      () => workbookOf({ sheets: { a: rowsOfTexts([Array<string>(4097).fill('x')]) } }),
    ],
    ['zip_bomb', 'a sheet that inflates without end', () => with_({ parts: { [sheet]: worksheet(' '.repeat(8 << 20)) } })],
    [
      'zip_bomb',
      'one long string in every cell',
      () =>
        workbookOf({
          sheets: { a: shared.repeat(1) + '<row><c t="s"><v>0</v></c></row>'.repeat(5000) },
          strings: [`<t>${noise(32_000)}</t>`],
        }),
    ],
    [
      'zip_bomb',
      'one row at the end of the sheet',
      () => with_({ parts: { [sheet]: worksheet('<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>') } }),
    ],
    ['unprocessable_file', 'a workbook of the old form', () => compound('Workbook')],
    ['encrypted_file', 'an encrypted package', () => compound('EncryptedPackage')],
  ])('%s: %s', async (code, what, bytes) => {
    const refused = inspect(bytes()).then(async () => textOf(bytes()));
    await expect(refused).rejects.toEqual(coded(code));
    await expect(refused).rejects.toBeInstanceOf(AppError);
    expect(what).not.toBe('');
  });

  test('a sheet that lies of its size is stopped before it is inflated', async () => {
    const bomb = deflateRawSync(Buffer.from(worksheet(' '.repeat(32 << 20))));
    const bytes = with_({ parts: { [sheet]: 'x' }, lies: { [sheet]: { compressed: bomb, size: 100 } } });
    await expect(textOf(bytes)).rejects.toEqual(coded('container.corrupt'));
  });

  test('every cut of a workbook is damage', async () => {
    const bytes = with_({});
    for (let tenth = 1; tenth < 10; tenth++) {
      await expect(inspect(bytes.subarray(0, Math.floor((bytes.length * tenth) / 10)))).rejects.toEqual(coded('container.corrupt'));
    }
  });

  test('no byte that changes makes anything but a text, or damage that is told', async () => {
    const bytes = workbookOf({ sheets: { A: people, B: shared }, strings: ['<t>x</t>'], formats: ['yyyy'] });
    await fc.assert(
      fc.asyncProperty(fc.nat(bytes.length - 1), fc.nat(255), async (at, byte) => {
        const changed = Buffer.from(bytes);
        changed[at] = byte;
        await textOf(changed).catch((error: unknown) => expect(error).toBeInstanceOf(AppError));
      }),
      { numRuns: 150 },
    );
  });

  /** The start of a Compound File Binary whose directory, behind the first MiB, names one stream. */
  function compound(stream: string): Buffer {
    const bytes = Buffer.alloc(3 << 20);
    Buffer.from('d0cf11e0a1b11ae1', 'hex').copy(bytes);
    bytes.writeUInt16LE(9, 30);
    bytes.writeUInt32LE(4095, 48);
    Buffer.from(`${stream}\0`, 'utf16le').copy(bytes, 4096 * 512);
    return bytes;
  }

  /** Letters that do not compress to nothing. */
  function noise(length: number): string {
    let state = 1;
    return Array.from({ length }, () => String.fromCharCode(97 + ((state = (state * 48_271) % 2_147_483_647) % 26))).join('');
  }
});
