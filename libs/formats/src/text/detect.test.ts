import { Buffer } from 'node:buffer';
import { gzipSync } from 'node:zlib';
import { Detection } from '@attune/core';
import { detectText } from './detect.js';

const detect = (text: string | Uint8Array, size?: number): Detection => {
  const head = typeof text === 'string' ? Buffer.from(text) : text;
  const found = detectText({ head, size: size ?? head.length, fingerprint: (names) => names });
  return Detection.parse(found);
};
const names = (text: string): string[] => detect(text).columns.map(({ name }) => name);
const people = (d: string): string => `id${d}name${d}note\n1${d}Ann${d}"a${d}b"\n2${d}Bob${d}x, y\n3${d}Cy${d}z\n`;

test.each([[','], [';'], ['\t'], ['|']])('the delimiter %j is found, quoted ones notwithstanding', (delimiter) => {
  const text = delimiter === ',' ? people(delimiter).replace('x, y', 'xy') : people(delimiter);
  expect(detect(text).dialect).toEqual({ delimiter: delimiter.charCodeAt(0), quote: 0x22, header: true, bom: 0 });
});

test('ragged rows and bad quotes do not mislead the choice', () => {
  const text =
    'id,name,amt\n1,Ann,10\n2,Bob\n3,Cy,30,EXTRA\n4,"Da\nna",40\n5,"Ev"e,50\n6,Fay,sixty\n\n7,Gus,70\n8,"open,80\n9,Hal,90\n10,Ida,100\n';
  expect(detect(text).dialect).toMatchObject({ delimiter: 0x2c, quote: 0x22, header: true });
});

test('the many lines of one quoted field do not outvote the records around it', () => {
  const rows = Array.from({ length: 12 }, (_, i) => `${i},Ann,1980-01-02,F\n`).join('');
  const text = `id,name,dob,sex\n${rows}99,"${'a line of text\n'.repeat(1_500)}",1980-01-02,M\n`;
  expect(detect(text).dialect).toMatchObject({ delimiter: 0x2c, quote: 0x22, header: true });
});

test('a comma in every name is no delimiter of a tab separated file', () => {
  const row = 'Doe, Ann\t1980-01-02\t5\tAmes\n';
  expect(detect(`Last, First\tdob\tn\tcity\n${row.repeat(20)}ragged\n`).dialect.delimiter).toBe(9);
});

test('quotes are data where quoting would break the text', () => {
  expect(detect(`id\tname\n${'1\t"Big" Joe\n2\t"Tiny" Tim\n'.repeat(5)}`).dialect).toMatchObject({ delimiter: 9, quote: 0 });
});

test('one column is a delimited text, and so is a header alone', () => {
  expect(detect('name\nAnn\nBob\n').dialect.delimiter).toBe(0x2c);
  expect(names('id;name;city')).toEqual(['id', 'name', 'city']);
});

test('a record cut by the end of the sample does not count', () => {
  const found = detect('a,b\n1,2\n3', 1000);
  expect(found.confidence).toBe(1);
  expect(found.evidence[0]).toContain('1 of 1 sampled records');
});

test('names are as received but trimmed; empty and repeated ones are findings', () => {
  const found = detect('\ufeff id , "x" ,name,name,,"a\nb"\n1,2,3,4,5,6\n');
  expect(found.dialect.bom).toBe(3);
  expect(found.columns.map(({ name }) => name)).toEqual(['id', '"x"', 'name', 'name', '', 'a\nb']);
  expect(found.header_findings).toEqual([
    { code: 'header.duplicate', ordinal: 3 },
    { code: 'header.empty', ordinal: 4 },
  ]);
  expect(found.fingerprint).toBe(JSON.stringify(['id', '"x"', 'name', 'name', '', 'a\nb']));
});

test('a header is absent only where every typed column begins with such a value', () => {
  const absent = detect('1,Ann,1980-01-02\n2,Bob,1981-03-04\n');
  expect(absent.dialect.header).toBe(false);
  expect(absent.columns.map(({ name }) => name)).toEqual(['column_1', 'column_2', 'column_3']);
  expect(absent.header_findings).toEqual([{ code: 'header.absent' }]);
  expect(detect('id,2020,2021\n1,5,6\n').dialect.header).toBe(true);
  expect(detect('2020,2021\n').dialect.header).toBe(true);
  expect(detect('name,city\nAnn,Ames\n').dialect.header).toBe(true);
});

test('evidence holds no value of a record', () => {
  const said = detect('id,name\n1,Zebedee\n2,Quill\n').evidence.join(' ');
  expect(said).not.toMatch(/Zebedee|Quill/);
});

const unprocessable: [string, string | Uint8Array][] = [
  ['gzip', gzipSync('a,b\n1,2\n')],
  ['zip', Buffer.from('PK\x03\x04abc', 'latin1')],
  ['zstd', Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0])],
  ['Parquet', 'PAR1abc'],
  ['PDF', '%PDF-1.7'],
  ['PNG', Buffer.from('\x89PNG', 'latin1')],
  ['JSON', ' {"a":1'],
  ['XML', '<a/>'],
  ['X12', 'ISA*00*          *00*'],
  ['HL7 v2', 'MSH|^~\\&|A|B\r'],
  ['empty', ''],
  ['white space', '\ufeff \r\n\t\n'],
  ['binary', Buffer.from(Array.from({ length: 400 }, (_, i) => i % 23))],
];
test.each(unprocessable)('%s is refused by name', (name, text) => {
  expect(() => detect(text)).toThrow(
    expect.objectContaining({ code: 'unprocessable_file', detail: expect.stringContaining(name) as string }) as Error,
  );
});

test('a column called ISA or MSH does not make a file X12 or HL7', () => {
  expect(names('ISA,GS,ST\n1,2,3\n')[0]).toBe('ISA');
  expect(names('MSH|PID|PV1\nx|y|z\n')[0]).toBe('MSH');
});

const code = (expected: string): Error => expect.objectContaining({ code: expected }) as Error;

test('4,096 columns are accepted and 4,097 are not; a header beyond the sample is refused', () => {
  expect(detect(`${'a,'.repeat(4095)}a\n`).columns).toHaveLength(4096);
  expect(() => detect(`${'a,'.repeat(4096)}a\n`)).toThrow(code('too_many_columns'));
  expect(() => detect('"a\nb,c', 1000)).toThrow(code('unprocessable_file'));
});
