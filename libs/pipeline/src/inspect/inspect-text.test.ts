import { createHash } from 'node:crypto';
import { inspectText, type Inspection } from './inspect-text.js';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const fingerprint = (names: string): string => createHash('sha256').update(names).digest('hex');

function inspect(text: string, windows: readonly string[] = []): Inspection {
  const head = bytes(text);
  return inspectText({
    head,
    windows: windows.map(bytes),
    size: windows.length === 0 ? head.length : head.length + 1_000_000,
    fingerprint,
  });
}

const column = (inspection: Inspection, name: string) => inspection.profile.columns.find((profile) => profile.name === name)!;

const MEMBERS = `id,born,sex,state,note
1,03/25/1980,M,MA,"a ""quoted"" note"
2,12/31/1999, F ,WA,NULL
3,9999-12-31,1,nsw,
4,n/a,x,qld,two
`;

test('the profile counts values, nulls, lengths and what fits, per column', () => {
  const inspection = inspect(MEMBERS);
  expect(inspection.profile.records).toBe(4);
  expect(column(inspection, 'sex')).toMatchObject({ ordinal: 2, records: 4, nulls: 0, min_length: 1, max_length: 1 });
  expect(column(inspection, 'sex').fits['sex']).toBe(3);
  expect(column(inspection, 'state').fits['us-state']).toBe(2);
  expect(column(inspection, 'note')).toMatchObject({ nulls: 2, min_length: 3, max_length: 15 });
  expect(column(inspection, 'id').fits).toMatchObject({ integer: 4, decimal: 4, identifier: 4, 'date:mdy': 0 });
});

test('dates are counted in both orders, and a placeholder date is a date', () => {
  const inspection = inspect('born\n25/03/1980\n31/12/1999\n01/02/2000\n9999-12-31\n');
  expect(column(inspection, 'born').fits).toMatchObject({ 'date:mdy': 2, 'date:dmy': 4 });
});

test('windows are read from their first whole line on, and what does not fit the columns is passed over', () => {
  const inspection = inspect('id,city\n1,Oslo\n', [
    '1,Kristiansund\n2,Bergen\n3,Moss,too much\n4,Hamar\n5,cut o',
    '\n6,Voss\r\n7,Bodo\r\n',
    'no line end',
  ]);
  expect(inspection.profile.records).toBe(1 + 2 + 2);
  expect(column(inspection, 'city')).toMatchObject({ min_length: 4, max_length: 6 });
});

test('a head that is cut in the middle of a record does not count the piece', () => {
  const head = bytes('id,city\n1,Oslo\n2,Berg');
  expect(inspectText({ head, windows: [], size: 500, fingerprint }).profile.records).toBe(1);
  expect(inspectText({ head, windows: [], size: head.length, fingerprint }).profile.records).toBe(2);
});

test('the work is bounded: 2,000 records of the head and 100 of a window', () => {
  const rows = Array.from({ length: 5000 }, (_, n) => `${n},x`).join('\n');
  expect(inspect(`id,city\n${rows}\n`).profile.records).toBe(2000);
  expect(inspect('id,city\n1,x\n', [`\n${rows}\n`, `\n${rows}\n`]).profile.records).toBe(1 + 200);
});

test.each([
  ['an array', (text: string) => bytes(text)],
  ['a Buffer, whose slice is no copy', (text: string) => Buffer.from(text)],
])('the caller keeps the bytes as they were, given as %s, and no value is in what comes out', (_, make) => {
  const head = make(MEMBERS);
  const window = make(MEMBERS);
  const before = new Uint8Array(head);
  const inspection = inspectText({ head, windows: [window], size: head.length, fingerprint });
  expect(new Uint8Array(head)).toEqual(before);
  expect(new Uint8Array(window)).toEqual(before);
  expect(JSON.stringify(inspection)).not.toMatch(/quoted|1999|nsw/);
});

test.each(['utf-16le', 'utf-16be'] as const)('windows of %s are read from their first whole line on, wherever they begin', (encoding) => {
  const wide = (text: string): Buffer => {
    const little = Buffer.from(text, 'utf16le');
    return encoding === 'utf-16le' ? little : little.swap16();
  };
  const head = wide('id,city\n1,Oslo\n');
  const rest = wide('2,Kristiansund\r\n3,Moss\r\n4,Hamar\r\n5,Voss\r\n6,Ålesund\r\n');
  const windows = [rest.subarray(3), rest.subarray(32), rest.subarray(33)];
  const inspection = inspectText({ head, windows, size: 100_000, fingerprint });
  expect(inspection.detection.encoding).toBe(encoding);
  expect(inspection.profile.records).toBe(1 + 4 + 3 + 3);
  expect(column(inspection, 'city')).toMatchObject({ min_length: 4, max_length: 8 });
});

test('what the caller says of comments, trailers and the layout is heeded', () => {
  const head = bytes('# made by hand\n001Ann  12.5\n# half\n002Bob   7.0\nTOTAL 2\n');
  const layout = [
    { name: 'id', start: 0, length: 3 },
    { name: 'name', start: 3, length: 5 },
    { name: 'amount', start: 8, length: 4 },
  ];
  const text = { comments: { prefix: '#' }, trailers: { lines: 1 }, layout };
  const inspection = inspectText({
    head,
    windows: [bytes('x\n003Cy    1.0\n004Dee   2.0\nTOTAL 4\n')],
    size: 1_000_000,
    fingerprint,
    text,
  });
  expect(inspection.detection).toMatchObject({ format: 'fixed-width', layout });
  expect(inspection.profile.records).toBe(2 + 2);
  expect(column(inspection, 'amount')).toMatchObject({ nulls: 0, min_length: 3, max_length: 4 });
});
