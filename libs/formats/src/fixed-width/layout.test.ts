import { Buffer } from 'node:buffer';
import type { Detection, Encoding, LayoutColumn, TextOptions } from '@attune/core';
import { detectText } from '../text/detect.js';
import { openReader } from '../text/open-reader.js';
import { readInPieces } from '../text/read-in-pieces.fixture.js';

const LAYOUT: LayoutColumn[] = [
  { name: 'id', start: 0, length: 3 },
  { name: 'name', start: 3, length: 5 },
  { name: 'amount', start: 8, length: 4 },
];
const DIALECT = { delimiter: 0, quote: 0, header: false, bom: 0 };
const CUTS = [[1], [5, 3], [1 << 16]];

function read(bytes: Uint8Array | string, encoding: Encoding = 'utf-8', layout = LAYOUT, header = false) {
  const source = Buffer.from(bytes as string);
  const plan = { encoding, dialect: { ...DIALECT, header }, layout, comments: null, trailers: null };
  const readings = CUTS.map((sizes) => readInPieces(source, plan, layout.length, { sizes, batchRecords: 2 }));
  for (const reading of readings) expect(reading).toEqual(readings[0]);
  return readings[0]!;
}

const faults = ({ records }: ReturnType<typeof read>) =>
  records.map(({ fields, code, column, byteOffset, byteLength }) => fields ?? [code, column, byteOffset, byteLength]);

test('fields lose their padding and nothing else, quotes and delimiters are data', () => {
  expect(faults(read('001Ann  12.5\n002"B,b" 7  \r\n003     0   \r004Ann  12.5'))).toEqual([
    ['001', 'Ann', '12.5'],
    ['002', '"B,b"', ' 7'],
    ['003', '', '0'],
    ['004', 'Ann', '12.5'],
  ]);
});

test('a line of another length is set aside with the first column that it lacks, the lines around it stay', () => {
  const found = read('001Ann  12.5\n002Bob\n003Cy   1.00 \n\n004Dee     2\n');
  expect(faults(found)).toEqual([
    ['001', 'Ann', '12.5'],
    ['fixed_width.length', 1, 13, 7],
    ['fixed_width.length', 3, 20, 14],
    ['004', 'Dee', '   2'],
  ]);
  expect(found.bytes).toEqual({ header: 0, accepted: 26, quarantined: 21, blank: 1, comment: 0 });
});

test('a line without an end is set aside without being held in memory', () => {
  const reader = openReader({ encoding: 'utf-8', dialect: DIALECT, layout: LAYOUT, comments: null, trailers: null }, 3);
  const chunk = Buffer.alloc(1 << 20, 'x');
  for (let i = 0; i < 5; i++) expect(reader.read(chunk, 0, chunk.length, false)).toBe(chunk.length);
  const end = Buffer.from('\n001Ann  12.5\n');
  expect(reader.read(end, 0, end.length, true)).toBe(end.length);
  expect(reader.rejected).toMatchObject([{ code: 'fixed_width.length', column: 3, byteLength: 5 * chunk.length + 1 }]);
  expect(reader.batch.n).toBe(1);
});

test('columns are bytes, so that a border within a character is a fault of the encoding', () => {
  expect(faults(read('001José12.5\n'))).toEqual([['001', 'José', '12.5']]);
  expect(faults(read('001Annaé12.\n'))).toEqual([['text.invalid_encoding', 1, 0, 13]]);
});

test('in latin-1 a character is a byte, in UTF-16 columns are code units', () => {
  expect(faults(read(Buffer.from('001Jos\xe9 12.5\n', 'latin1'), 'iso-8859-1'))).toEqual([['001', 'José', '12.5']]);
  expect(faults(read(Buffer.from('001漢字   12.5\n002😀b  1   \n003Anna😀2.5\n', 'utf16le'), 'utf-16le'))).toEqual([
    ['001', '漢字', '12.5'],
    ['002', '😀b', '1'],
    ['text.invalid_encoding', 1, 52, 26],
  ]);
});

test('half a code unit at the end is a fault of the encoding, not of the length', () => {
  const half = Buffer.concat([Buffer.from('漢字漢', 'utf16le'), Buffer.from([0x61])]);
  expect(faults(read(half, 'utf-16le', [{ name: 'c', start: 0, length: 3 }]))).toEqual([['text.invalid_encoding', 0, 0, 7]]);
});

test('columns may leave gaps, overlap and come in any order; bytes in a gap have to be characters all the same', () => {
  const layout = [
    { name: 'day', start: 8, length: 2 },
    { name: 'date', start: 2, length: 8 },
    { name: 'year', start: 2, length: 4 },
  ];
  expect(faults(read('x 19800102', 'utf-8', layout))).toEqual([['02', '19800102', '1980']]);
  expect(faults(read(Buffer.from('\xff 19800102\nx 19800102', 'latin1'), 'utf-8', layout))).toEqual([
    ['text.invalid_encoding', undefined, 0, 11],
    ['02', '19800102', '1980'],
  ]);
});

const detect = (text: string, options?: TextOptions): Detection => {
  const head = Buffer.from(text);
  return detectText({ head, size: head.length, fingerprint: (names) => names, text: options });
};
const line = (...cells: readonly string[]): string => cells.map((cell, i) => cell.padEnd([5, 12, 11, 6][i]!)).join('');
const PEOPLE = Array.from({ length: 20 }, (_, i) =>
  line(`${i}`, ['Ann', 'Bo Lee', 'Christopher'][i % 3]!, `19${40 + i}-01-02`, `${i * 7}`),
);

test('a layout is inferred where lines are equally long and places are blank in all of them', () => {
  const found = detect(`${[line('id', 'name', 'born', 'amount'), ...PEOPLE].join('\n')}\n`);
  expect(found).toMatchObject({ format: 'fixed-width', confidence: 1, dialect: { delimiter: 0, header: true } });
  expect(found.layout).toEqual([
    { name: 'id', start: 0, length: 5 },
    { name: 'name', start: 5, length: 12 },
    { name: 'born', start: 17, length: 11 },
    { name: 'amount', start: 28, length: 6 },
  ]);
  expect(found.evidence[0]).toBe(
    '4 columns begin behind places that are blank in every line; 20 of 20 sampled lines after the first are 34 characters long.',
  );
  expect(found.evidence.join(' ')).not.toMatch(/Christopher|1940/);
});

test('without names the columns are named by position, and a short line of names is a header all the same', () => {
  const unnamed = detect(PEOPLE.join('\r\n'));
  expect(unnamed.columns.map(({ name }) => name)).toEqual(['column_1', 'column_2', 'column_3', 'column_4']);
  expect(unnamed).toMatchObject({ dialect: { header: false }, header_findings: [{ code: 'header.absent' }] });
  const short = detect([line('id', 'name', 'born', 'amt').trimEnd(), ...PEOPLE].join('\n'));
  expect(short.columns.map(({ name }) => name)).toEqual(['id', 'name', 'born', 'amt']);
});

test('a comma in every name is no delimiter of a text of fixed width', () => {
  const rows = Array.from({ length: 20 }, (_, i) => line(`${i}`, ['Doe, Ann', 'Olsen, Bo'][i % 2]!, `19${40 + i}-01-02`, `${i * 7}`));
  expect(detect(rows.join('\n'))).toMatchObject({ format: 'fixed-width' });
  expect(detect(rows.join('\n')).layout).toHaveLength(4);
});

test('equally long lines of delimited text, of codes and of prose are not taken for fixed width', () => {
  const csv = Array.from({ length: 20 }, (_, i) => `${100 + i},Ann ,NY ,19${40 + i}`);
  expect(detect(`id ,name,st,born\n${csv.join('\n')}`)).toMatchObject({ format: 'delimited', dialect: { delimiter: 0x2c } });
  expect(detect(Array.from({ length: 20 }, (_, i) => `AB ${100 + i}`).join('\n')).format).toBe('delimited');
  expect(detect(PEOPLE.slice(0, 5).join('\n')).format).toBe('delimited');
});

test('a given layout names the columns; a line of names is only a header when it looks like one', () => {
  const rows = '001Ann  12.5\n002Bob   7.0\n003Cy    1.1\n';
  expect(detect(rows, { layout: LAYOUT })).toMatchObject({ format: 'fixed-width', layout: LAYOUT, dialect: { header: false } });
  expect(detect(`id name amount\n`.replace('id name amount', 'id name amt ') + rows, { layout: LAYOUT }).dialect.header).toBe(true);
  expect(detect(rows, { layout: LAYOUT, header: true }).dialect.header).toBe(true);
  expect(detect('a header of its own length\n', { layout: LAYOUT, header: true }).columns).toHaveLength(3);
  expect(detect(rows, { layout: LAYOUT }).columns.map(({ name }) => name)).toEqual(['id', 'name', 'amount']);
});

test('a layout that is of another file is refused with what is wrong, in numbers', () => {
  expect(() => detect('001Ann  12.500\n002Bob  12.500\n', { layout: LAYOUT })).toThrow(
    expect.objectContaining({
      code: 'unprocessable_file',
      detail: 'The layout of 3 columns ends after 12 characters, but 0 of 2 sampled lines are that long; 2 have 14.',
    }) as Error,
  );
});
