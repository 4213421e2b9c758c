import { Buffer } from 'node:buffer';
import fc from 'fast-check';
import { SheetRows } from './sheet-rows.js';
import { booleanOf, isExactInteger, serialOf } from './typed-cell.js';
import { XmlBytes } from './xml-bytes.js';

const coded = (code: string) => expect.objectContaining({ code }) as unknown as Error;

const columns = ['text', 'typed'].map((name) => ({ name, isText: name === 'text' }));

/** The rows of one sheet, in pieces of so many bytes. */
function rowsOf(text: string, bytes = 1 << 16): string {
  const rows = new SheetRows(columns);
  rows.begin();
  rows.xml.take();
  const all = Buffer.from(text);
  for (let at = 0; at < all.length; at += bytes) {
    rows.give(all.subarray(at, at + bytes));
    while (rows.next());
  }
  return rows.xml.take().toString('utf8');
}

const cell = (place: string, text: string) => `<c r="${place}" s="2" t="inlineStr"><is><t xml:space="preserve">${text}</t></is></c>`;
const record = (text: string, typed: string): string => rowsOf(`text,typed\n${text},${typed}\n`).split('<row r="2">')[1]!;

test.each([
  ['1987-03-09', '<c r="B2" s="1"><v>31845</v></c>'],
  ['1900-03-01', '<c r="B2" s="1"><v>61</v></c>'],
  ['1900-02-28', cell('B2', '1900-02-28')],
  ['9999-12-31', '<c r="B2" s="1"><v>2958465</v></c>'],
  ['true', '<c r="B2" t="b"><v>1</v></c>'],
  ['false', '<c r="B2" t="b"><v>0</v></c>'],
  ['-42', '<c r="B2"><v>-42</v></c>'],
  ['999999999999999', '<c r="B2"><v>999999999999999</v></c>'],
  ['9007199254740993', cell('B2', '9007199254740993')],
  ['', ''],
])('a typed column that holds %j becomes a cell that keeps it', (value, xml) => {
  expect(record('x', value)).toBe(`${cell('A2', 'x')}${xml}</row>`);
});

test.each([
  ['=1+1', '=1+1'],
  ['"a,""b"""', 'a,"b"'],
  ['"two\nlines"', 'two\nlines'],
  ['1987-03-09', '1987-03-09'],
  ['true', 'true'],
  ['007', '007'],
  ['a<b>&c', 'a&lt;b&gt;&amp;c'],
  ['"cr\rnul\0"', 'cr_x000D_nul_x0000_'],
  ['_x0041_', '_x005F_x0041_'],
  ['_x41_', '_x41_'],
  ['\uffff\ufffe', '_xFFFF__xFFFE_'],
  ['Zoë 😀', 'Zoë 😀'],
  ['""', ''],
])('a text %j stays one, whatever it looks like', (value, xml) => {
  expect(record(value, '')).toBe(`${cell('A2', xml)}</row>`);
});

test('however the bytes are cut, the rows are the same', () => {
  const text = `text,typed\n"a ""q"" ,\n",1\n,\nplain,2024-02-29\n`;
  const whole = rowsOf(text);
  expect(whole.match(/<row /g)).toHaveLength(4);
  fc.assert(fc.property(fc.integer({ min: 1, max: 60 }), (bytes) => rowsOf(text, bytes) === whole));
});

test('a text that no cell holds is refused, by the name of its column', () => {
  expect(record('x'.repeat(32_767), '')).toContain('x'.repeat(32_767));
  expect(record('é'.repeat(32_767), '')).toContain('é'.repeat(32_767));
  for (const long of ['x'.repeat(32_768), '😀'.repeat(16_384)]) {
    expect(() => record(long, '')).toThrow(coded('unprocessable_file'));
    expect(() => record(long, '')).toThrow('Column text');
  }
});

test('every day is the day that the calendar says', () => {
  fc.assert(
    fc.property(fc.integer({ min: -3000, max: 3_000_000 }), (days) => {
      const text = new Date((days - 25_569) * 86_400_000).toISOString().slice(0, 10);
      const serial = serialOf(Buffer.from(text), 0, text.length);
      return serial === (days >= 61 && days <= 2_958_465 ? days : -1);
    }),
    { numRuns: 5000 },
  );
});

test('numbers and bits are told by every byte of them', () => {
  const told = (text: string) => [isExactInteger(Buffer.from(text), 0, text.length), booleanOf(Buffer.from(text), 0, text.length)];
  expect(['12', '-', '', '1.5', '1e3', 'true', 'false', 'truth'].map(told)).toEqual([
    [true, -1],
    [false, -1],
    [false, -1],
    [false, -1],
    [false, -1],
    [false, 1],
    [false, 0],
    [false, -1],
  ]);
  const xml = new XmlBytes();
  for (const number of [0, 9, 10, 1_048_576, 2_958_465]) xml.writeNumber(number);
  expect(xml.take().toString()).toBe('091010485762958465');
});
