import { Buffer } from 'node:buffer';
import type { Detection, TextOptions } from '@attune/core';
import { detectText } from '../text/detect.js';

const detect = (text: string, options?: TextOptions): Detection => {
  const head = Buffer.from(text);
  return detectText({ head, size: head.length, fingerprint: (names) => names, text: options });
};
const rows = (count: number, row: (i: number) => string): string => Array.from({ length: count }, (_, i) => `${row(i)}\n`).join('');

test.each([['^'], ['~'], ['\x01'], ['|'], ['\t'], [';'], [',']])('the delimiter %j is found among records that hold others', (d) => {
  const other = d === ',' ? ';' : ',';
  const text = `id${d}name${d}note\n${rows(20, (i) => `${i}${d}Ann${d}${i % 3 === 0 ? `x${other} y${other} z` : 'x'}`)}`;
  expect(detect(text).dialect).toMatchObject({ delimiter: d.charCodeAt(0), quote: 0x22, header: true });
});

test('single quotes quote where they enclose the fields of the records', () => {
  const found = detect(`id,name,city\n${rows(10, (i) => `${i},'Doe, Ann','O''Fallon'`)}`);
  expect(found.dialect).toMatchObject({ delimiter: 0x2c, quote: 0x27 });
  expect(found.evidence[0]).toContain('with single quotes, 10 of 10');
  expect(detect(`'id';'name'\n${rows(10, (i) => `'${i}';'Ann'`)}`).columns.map(({ name }) => name)).toEqual(['id', 'name']);
});

test('apostrophes in names are no quotes', () => {
  const names = ["O'Dell", "'t Hooft", "'s-Gravenhage", 'Ann', "D'Arcy", "Jones'", "'Bud'", 'Zoe', 'Max', 'Eva'];
  expect(detect(`id,name,city\n${rows(40, (i) => `${i},${names[i % 10]!},Ames`)}`).dialect.quote).toBe(0x22);
  const beside = detect(`id,name,city\n${rows(40, (i) => `${i},"${names[i % 10]!}","a, b"`)}`);
  expect(beside.dialect).toMatchObject({ delimiter: 0x2c, quote: 0x22 });
  expect(beside.confidence).toBe(1);
});

test('apostrophes around a delimiter in a rare value are no quotes either, in many they are', () => {
  const text = (every: number): string => `id,name\n${rows(60, (i) => (i % every === 0 ? `${i},'Bud, Jr'` : `${i},Ann`))}`;
  expect(detect(text(30)).dialect.quote).toBe(0x22);
  expect(detect(text(5)).dialect.quote).toBe(0x27);
});

test('a column whose values are all in apostrophes is no quoting', () => {
  expect(detect(`id\tsep\n${rows(10, (i) => `${i}\t'*'`)}`).dialect).toMatchObject({ delimiter: 9, quote: 0x22 });
});

test('a text of one column is cut by a delimiter that it does not hold', () => {
  expect(detect(`note\n${rows(30, (i) => (i % 5 === 0 ? `plain${', x'.repeat(i % 4)}` : `plain ${i}`))}`).dialect.delimiter).toBe(0x3b);
});

test('the word of the caller counts, whatever the text looks like', () => {
  const text = `id,name,a|b\n${rows(10, (i) => `${i},Ann,x|'y'`)}`;
  expect(detect(text).dialect.delimiter).toBe(0x2c);
  expect(detect(text, { delimiter: '|', quote: 'single' }).dialect).toMatchObject({ delimiter: 0x7c, quote: 0x27 });
  expect(detect(text, { quote: 'none' }).dialect).toMatchObject({ delimiter: 0x2c, quote: 0 });
  expect(detect('a:b\n1:2\n', { delimiter: ':' }).evidence[0]).toContain('Cut by the character U+003A');
  expect(detect('[id];[name]\n1;2\n', { delimiter: ';' }).columns[0]!.name).toBe('[id]');
});

test('a header is there or not as the caller says', () => {
  const absent = detect('name,city\nAnn,Ames\n', { header: false });
  expect(absent.columns.map(({ name }) => name)).toEqual(['column_1', 'column_2']);
  expect(absent).toMatchObject({ dialect: { header: false }, header_findings: [{ code: 'header.absent' }] });
  expect(detect('1,2\n3,4\n', { header: true })).toMatchObject({ dialect: { header: true }, columns: [{ name: '1' }, { name: '2' }] });
});

test.each([['\n'], ['\0'], ['é']])('%j cannot be a delimiter', (delimiter) => {
  expect(() => detect('a,b\n', { delimiter })).toThrow(expect.objectContaining({ code: 'unprocessable_file' }) as Error);
});
