import { Buffer } from 'node:buffer';
import { TextBytes } from './text-bytes.js';

const coded = (code: string) => expect.objectContaining({ code }) as unknown as Error;

function read(written: string, escapes = true): string {
  const text = new TextBytes();
  const bytes = Buffer.from(written);
  text.append(bytes, 0, bytes.length, escapes);
  return Buffer.from(text.bytes.subarray(0, text.length)).toString('utf8');
}

test.each([
  ['a &lt;b&gt; &amp;amp; &quot;c&quot; &apos;', 'a <b> &amp; "c" \''],
  ['&#65;&#x42;&#x1F600;', 'AB😀'],
  ['one\r\ntwo\rthree', 'one\ntwo\nthree'],
  ['_x0041_', 'A'],
  ['_x000D_\n', '\r\n'],
  ['_x0000_', '\0'],
  ['_x005F_x0041_', '_x0041_'],
  ['_xD83D__xDE00_', '😀'],
  ['_xD83D_ alone', '_xD83D_ alone'],
  ['_x00e9_', 'é'],
  ['_x12_', '_x12_'],
  ['_xZZZZ_', '_xZZZZ_'],
  ['a_x', 'a_x'],
  ['__x0041_', '_A'],
])('%j is read as %j', (written, text) => {
  expect(read(written)).toBe(text);
});

test('escapes count only where they may stand', () => {
  expect(read('_x0041_', false)).toBe('_x0041_');
});

test('a cell of 32,767 characters is read, and one of megabytes is refused', () => {
  expect(read('😀'.repeat(16_384))).toHaveLength(32_768);
  expect(() => read('x'.repeat(3 << 20))).toThrow(coded('unprocessable_file'));
});
