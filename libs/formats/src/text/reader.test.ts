import { Buffer } from 'node:buffer';
import type { Dialect } from '@attune/core';
import type { RejectedRecord } from './account.js';
import { openReader } from './open-reader.js';
import type { RecordReader } from './record-reader.js';

const CSV: Dialect = { delimiter: 0x2c, quote: 0x22, header: true, bom: 0 };
const PLAIN = { encoding: 'utf-8', layout: null, comments: null, trailers: null } as const;

interface Result {
  rows: string[][];
  lines: number[];
  rejected: RejectedRecord[];
  reader: RecordReader;
  /** The largest buffer the stream needed. */
  peakBytes: number;
}

/** Reads a text in chunks the way a stage does, growing the buffer only when nothing was consumed. */
function readAll(text: string | Uint8Array, width: number, dialect = CSV, chunkBytes = 64 * 1024): Result {
  const bytes = typeof text === 'string' ? Buffer.from(text) : text;
  const result: Result = { rows: [], lines: [], rejected: [], reader: openReader({ ...PLAIN, dialect }, width), peakBytes: 0 };
  const { reader } = result;
  let rest = Buffer.alloc(0);
  for (let at = 0; ; at += chunkBytes) {
    let buf = Buffer.concat([rest, bytes.subarray(at, at + chunkBytes)]);
    result.peakBytes = Math.max(result.peakBytes, buf.length);
    const last = at + chunkBytes >= bytes.length;
    for (let consumed = 1; consumed > 0;) {
      consumed = reader.read(buf, 0, buf.length, last);
      take(result);
      buf = buf.subarray(consumed);
    }
    rest = buf;
    if (last) break;
  }
  const { header, accepted, quarantined, blank, comment } = reader.account;
  expect(header + accepted + quarantined + blank + comment).toBe(bytes.length);
  return result;
}

function take({ reader: { batch, rejected }, ...result }: Result): void {
  result.rejected.push(...rejected);
  for (let r = 0; r < batch.n; r++) {
    const row = Array.from({ length: batch.width }, (_, c) => {
      const cell = r * batch.width + c;
      return Buffer.from(batch.buf.subarray(batch.starts[cell], batch.ends[cell])).toString();
    });
    result.rows.push(row);
    result.lines.push(batch.line[r]!);
  }
}

const codes = ({ rejected }: Result): string[] =>
  rejected.map(({ code, record, line, column }) => `${code} record ${record} line ${line} column ${column}`);

test('text behind a closing quote is never lost, even where a missing field would make the count right', () => {
  const read = readAll('id,name,city\nM1,"ann"xbob,Ames\n5,"Ev"e,50\n6,Fay,60\n', 3);
  expect(codes(read)).toEqual(['csv.stray_quote record 1 line 2 column 1', 'csv.stray_quote record 2 line 3 column 1']);
  expect(read.rows).toEqual([['6', 'Fay', '60']]);
});

test('an unterminated quote in the middle costs its own line only', () => {
  const read = readAll('id,name,amt\n8,"open,80\n9,Hal,90\n10,Ida,100\n', 3);
  expect(codes(read)).toEqual(['csv.unterminated_quote record 1 line 2 column 1']);
  expect(read.rejected[0]).toMatchObject({ byteOffset: 12, byteLength: 11 });
  expect(read.rows).toEqual([
    ['9', 'Hal', '90'],
    ['10', 'Ida', '100'],
  ]);
  expect(read.lines).toEqual([3, 4]);
});

test('an unterminated quote that a later quote closes by accident costs its own line only', () => {
  const read = readAll('id,name,amt\n8,"open,80\n9,Hal,90\n10,"Ida",100\n', 3);
  expect(codes(read)).toEqual(['csv.stray_quote record 1 line 2 column 1']);
  expect(read.rows.map(([id]) => id)).toEqual(['9', '10']);
});

test('an unterminated quote on the last line costs that line', () => {
  expect(codes(readAll('a,b\n1,2\n3,"4', 2))).toEqual(['csv.unterminated_quote record 2 line 3 column 1']);
});

test('a bad quote after a field of several lines costs the record up to the end of the line with the bad quote', () => {
  const read = readAll('a,b\n"x\ny","open\n3,4\n', 2);
  expect(read.rejected).toEqual([{ code: 'csv.unterminated_quote', record: 1, line: 2, column: 1, byteOffset: 4, byteLength: 12 }]);
  expect(read.rows).toEqual([['3', '4']]);
  expect(read.lines).toEqual([4]);
});

test('LF, CRLF and lone CR end lines in one file, and lone CR glues no records', () => {
  const read = readAll('id,name\r\n1,a\n2,b\r\n3,c\r4,d', 2);
  expect(read.rows).toEqual([
    ['1', 'a'],
    ['2', 'b'],
    ['3', 'c'],
    ['4', 'd'],
  ]);
  expect(read.lines).toEqual([2, 3, 4, 5]);
});

test('records with too few or too many fields are each set aside once', () => {
  const read = readAll('id,name,amt\n1,Ann,10\n2,Bob\n3,Cy,30,EXTRA\n', 3);
  expect(codes(read)).toEqual(['csv.field_count record 2 line 3 column 2', 'csv.field_count record 3 line 4 column 3']);
  expect(read.reader.account).toMatchObject({ recordsAccepted: 1, recordsQuarantined: 2 });
});

test('a quoted newline is part of the value and counts as a physical line; doubled quotes become one', () => {
  const read = readAll('a,b\n1,"Da\r\nna ""x"""\n2,"""",\n3,y\n', 2);
  expect(read.rows).toEqual([
    ['1', 'Da\r\nna "x"'],
    ['3', 'y'],
  ]);
  expect(read.lines).toEqual([2, 5]);
  expect(codes(read)).toEqual(['csv.field_count record 2 line 4 column 2']);
});

test('a quote inside a field is data', () => {
  expect(readAll('a,b\n5" pipe,6"\n', 2).rows).toEqual([['5" pipe', '6"']]);
});

test('without a quote character quotes are data', () => {
  expect(readAll('a|b\n"x|y"\n', 2, { ...CSV, delimiter: 0x7c, quote: 0 }).rows).toEqual([['"x', 'y"']]);
});

test('a byte order mark and a header of several lines are header bytes, and offsets count them', () => {
  const read = readAll('\ufeff"id\n1",name\n\n1,José\n', 2, { ...CSV, bom: 3 }, 1);
  expect(read.reader.account).toMatchObject({ header: 15, blank: 1, blankLines: 1, accepted: 8 });
  expect(read.lines).toEqual([4]);
});

test('blank lines are no records, also where there is one column', () => {
  const read = readAll('a\n\n1\r\n\r\n""\n', 1);
  expect(read.rows).toEqual([['1'], ['']]);
  expect(read.reader.account).toMatchObject({ blankLines: 2, blank: 3 });
});

test('NUL and other control bytes are data', () => {
  expect(readAll('id,name\n1,a\0b\x01\n', 2).rows).toEqual([['1', 'a\0b\x01']]);
});

test('a record with bytes that are not UTF-8 is set aside with its field, the others stay', () => {
  const text = Buffer.concat([
    Buffer.from('id,name,x\n1,ok,"a""b"\n2,'),
    Buffer.from([0xc3, 0x28]),
    Buffer.from(',"q""q"\n3,José,"c""d"\n'),
  ]);
  const read = readAll(text, 3);
  expect(codes(read)).toEqual(['text.invalid_encoding record 2 line 3 column 1']);
  expect(read.rows).toEqual([
    ['1', 'ok', 'a"b'],
    ['3', 'José', 'c"d'],
  ]);
});

test('a field of 3 MB is too long and is not glued to the next record', () => {
  const read = readAll(`id,name\n1,${'x'.repeat(3_000_000)}\n2,b\n`, 2);
  expect(codes(read)).toEqual(['record.too_long record 1 line 2 column 1']);
  expect(read.rejected[0]!.byteLength).toBe(3_000_003);
  expect(read.rows).toEqual([['2', 'b']]);
});

test('a record of 3 MB whose fields are within their limit is accepted', () => {
  const read = readAll(`a,b,c,d\n${Array(4).fill('x'.repeat(750_000)).join(',')}\n`, 4, CSV, 1 << 20);
  expect(read.rows[0]!.map((field) => field.length)).toEqual([750_000, 750_000, 750_000, 750_000]);
});

test('a line of 20 MB passes without being held in memory', () => {
  const chunk = 1 << 20;
  const oneField = readAll(`id,name\n1,${'x'.repeat(20_000_000)}\n2,b\n`, 2, CSV, chunk);
  expect(oneField.peakBytes).toBeLessThan(3 * chunk);
  const manyFields = readAll(`id,name\n${'xxxxxxx,'.repeat(2_500_000)}\r\n2,b\n`, 2, CSV, chunk);
  expect(codes(manyFields)).toEqual(['record.too_long record 1 line 2 column 2097152']);
  expect(manyFields.peakBytes).toBeLessThanOrEqual((16 << 20) + 2 * chunk);
  expect(manyFields.rows).toEqual([['2', 'b']]);
});

test('a record may span 1,000 lines and not 1,001', () => {
  const spanning = (lines: number): string => `a,b\n1,"${'x\n'.repeat(lines - 1)}y"\n2,z\n`;
  expect(readAll(spanning(1000), 2).rows.map(([a]) => a)).toEqual(['1', '2']);
  const tooMany = readAll(spanning(1001), 2);
  expect(codes(tooMany)[0]).toBe('csv.unterminated_quote record 1 line 2 column 1');
  expect(tooMany.rows).toEqual([['2', 'z']]);
  expect(tooMany.lines).toEqual([1003]);
});

test('a stream of nothing, or of a header only, has no records', () => {
  expect(readAll('', 2).rows).toEqual([]);
  const headerOnly = readAll('a,b', 2);
  expect(headerOnly.rows).toEqual([]);
  expect(headerOnly.reader.account.header).toBe(3);
});

test('4,096 columns fit into a batch', () => {
  const read = readAll(`${'h,'.repeat(4095)}h\n${`${'1,'.repeat(4095)}1\n`.repeat(300)}`, 4096);
  expect(read.rows).toHaveLength(300);
  expect(read.reader.batch.starts.length).toBeLessThanOrEqual(512 * 1024);
});
