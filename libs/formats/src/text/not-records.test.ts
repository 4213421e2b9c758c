import { Buffer } from 'node:buffer';
import type { TextOptions } from '@attune/core';
import { detectText } from './detect.js';
import { openReader } from './open-reader.js';
import { readInPieces } from './read-in-pieces.fixture.js';
import type { TextPlan } from './record-reader.js';

const PLAN: TextPlan = {
  encoding: 'utf-8',
  dialect: { delimiter: 0x2c, quote: 0x22, header: true, bom: 0 },
  layout: null,
  comments: null,
  trailers: null,
};
const CUTS = [[1], [2, 5], [1 << 16]];

/** Reads with every cut, which all have to agree. */
function read(text: string, rules: Partial<TextPlan>, width = 2) {
  const bytes = Buffer.from(text);
  const readings = CUTS.map((sizes) => readInPieces(bytes, { ...PLAN, ...rules }, width, { sizes, batchRecords: 2 }));
  for (const reading of readings) expect(reading).toEqual(readings[0]);
  const { records, bytes: account } = readings[0]!;
  return { rows: records.map(({ fields, code }) => fields ?? code), lines: records.map(({ line }) => line), account };
}

test('comments are comment bytes wherever a record may begin, before the header too, and nowhere else', () => {
  const found = read('# made by hand\nid,note\n#1,x\n1,"a\n# b"\n2,# c\r\n#', { comments: { prefix: '#' } });
  expect(found.rows).toEqual([
    ['1', 'a\n# b'],
    ['2', '# c'],
  ]);
  expect(found.lines).toEqual([4, 6]);
  expect(found.account).toEqual({ header: 8, accepted: 17, quarantined: 0, blank: 0, comment: 15 + 5 + 1 });
});

test('a comment of 20 MB passes without being held in memory', () => {
  const reader = openReader({ ...PLAN, comments: { prefix: '##' } }, 2);
  const chunk = Buffer.alloc(1 << 20, 'x');
  const first = Buffer.from('a,b\n##');
  expect(reader.read(first, 0, first.length, false)).toBe(first.length);
  for (let i = 0; i < 20; i++) expect(reader.read(chunk, 0, chunk.length, false)).toBe(chunk.length);
  const end = Buffer.from('\n1,2\n');
  expect(reader.read(end, 0, end.length, true)).toBe(end.length);
  expect(reader.batch.n).toBe(1);
  expect(reader.batch.line[0]).toBe(3);
});

test('the last lines are trailers, blank lines not counted, and the header is none', () => {
  expect(read('id,n\n1,2\n\nTOTAL,1\n\n', { trailers: { lines: 1 } })).toMatchObject({
    rows: [['1', '2']],
    account: { header: 5, accepted: 4, blank: 2, comment: 8 },
  });
  expect(read('id,n\n1,2\n3,4\nTOTAL,2', { trailers: { lines: 2 } }).rows).toEqual([['1', '2']]);
  expect(read('id,n\n', { trailers: { lines: 3 } }).account).toMatchObject({ header: 5, comment: 0 });
  expect(read('"id\nof",n\nTOTAL,0\n', { trailers: { lines: 5 } }).account).toMatchObject({ header: 10, comment: 8 });
});

test('a quote that is never closed does not swallow the trailer', () => {
  const found = read('id,n\n1,"open\n2,3\nTOTAL,2\n', { trailers: { lines: 1 } });
  expect(found.rows).toEqual(['csv.unterminated_quote', ['2', '3']]);
  expect(found.account).toMatchObject({ comment: 8 });
});

test('lines with the prefix of trailers are comment bytes, wherever they stand behind the header', () => {
  const found = read('T,n\n1,2\nT,1\n3,4\nT,2', { trailers: { prefix: 'T' } });
  expect(found.rows).toEqual([
    ['1', '2'],
    ['3', '4'],
  ]);
  expect(found.account).toEqual({ header: 4, accepted: 8, quarantined: 0, blank: 0, comment: 7 });
});

test('a line beyond any trailer is not held back', () => {
  const reader = openReader({ ...PLAN, trailers: { lines: 100 } }, 2);
  const chunk = Buffer.from(`a,b\n${'x'.repeat(3_000_000)}`);
  expect(reader.read(chunk, 0, chunk.length, false)).toBe(chunk.length);
});

test('prefixes are looked for in the encoding of the text', () => {
  const bytes = Buffer.from('a,b\n\xa7 1\n1,\xe9\n\xa7 2\n', 'latin1');
  const rules = { encoding: 'iso-8859-1', comments: { prefix: '§' } } as const;
  expect(readInPieces(bytes, { ...PLAN, ...rules }, 2, { sizes: [1] })).toMatchObject({
    records: [{ fields: ['1', 'é'] }],
    bytes: { comment: 8 },
  });
  const wide = Buffer.from('a,b\n§ 1\n1,é\n§ 2\n', 'utf16le');
  const found = readInPieces(wide, { ...PLAN, encoding: 'utf-16le', comments: { prefix: '§' } }, 2, { sizes: [3] });
  expect(found).toMatchObject({ records: [{ fields: ['1', 'é'], byteOffset: 16, byteLength: 8 }], bytes: { comment: 16 } });
  // No line of latin-1 can begin with a character that it does not have.
  expect(readInPieces(bytes, { ...PLAN, ...rules, comments: { prefix: '漢' } }, 2, { sizes: [1] }).bytes.comment).toBe(0);
});

test('detection leaves out comments and trailers that it was told of, and only those', () => {
  const text = `# a;b;c;d\nid,name\n${'1,Ann\n'.repeat(4)}# e;f;g\nTOTAL;4;x;y\n`;
  const detect = (options?: TextOptions) => {
    const head = Buffer.from(text);
    return detectText({ head, size: head.length, fingerprint: () => '', text: options });
  };
  const told = detect({ comments: { prefix: '#' }, trailers: { lines: 1 } });
  expect(told).toMatchObject({ dialect: { delimiter: 0x2c }, confidence: 1 });
  expect(told.columns.map(({ name }) => name)).toEqual(['id', 'name']);
  expect(detect({ comments: { prefix: '#' }, trailers: { prefix: 'TOTAL' } }).confidence).toBe(1);
  expect(detect().columns[0]!.name).toContain('#');
});
