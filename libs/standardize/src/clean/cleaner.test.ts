import fc from 'fast-check';
import { CLEAN_CONTROLS, CLEAN_NULL, CLEAN_NULL_CONTROLS, CLEAN_VALUE, Cleaner } from './cleaner.js';
import { DEFAULT_NULL_TOKENS } from './null-tokens.js';

const cleaner = new Cleaner(DEFAULT_NULL_TOKENS);

function clean(text: string): [result: number, value: string] {
  const buf = Buffer.from(`<${text}>`);
  const result = cleaner.clean(buf, 1, buf.length - 1);
  return [result, Buffer.from(cleaner.buf.subarray(cleaner.start, cleaner.end)).toString('utf8')];
}

/** The same meaning on strings. */
function expected(text: string): [result: number, value: string] {
  const SPACES =
    /^[ \t\r\n\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000\ufeff]+|[ \t\r\n\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000\ufeff]+$/g;
  const inner = text.replace(SPACES, '').replace(/[\t\r\n]/g, ' ');
  const bare = inner.replace(/[\u0000-\u001f\u007f-\u009f]/g, '');
  const value = bare.replace(SPACES, '');
  const isNull = value === '' || DEFAULT_NULL_TOKENS.includes(value.replace(/[A-Z]/g, (letter) => letter.toLowerCase()));
  if (bare !== inner) return [isNull ? CLEAN_NULL_CONTROLS : CLEAN_CONTROLS, value];
  return [isNull ? CLEAN_NULL : CLEAN_VALUE, value];
}

test.each([
  ['  Ann \t', CLEAN_VALUE, 'Ann'],
  ['\u00a0\ufeff\u3000Ann\u2003\u00a0', CLEAN_VALUE, 'Ann'],
  ['', CLEAN_NULL, ''],
  [' \u00a0 ', CLEAN_NULL, ''],
  ['nULL', CLEAN_NULL, 'nULL'],
  ['N/A', CLEAN_NULL, 'N/A'],
  ['A\tB\r\nC', CLEAN_VALUE, 'A B  C'],
  ['A\u0000B', CLEAN_CONTROLS, 'AB'],
  ['A\u0085B\u009f\u007f', CLEAN_CONTROLS, 'AB'],
  ['\u0000 Ann \u0001', CLEAN_CONTROLS, 'Ann'],
  ['\u000bAnn', CLEAN_CONTROLS, 'Ann'],
  ['\u0000', CLEAN_NULL_CONTROLS, ''],
  ['nu\u0000ll', CLEAN_NULL_CONTROLS, 'null'],
  ['Â', CLEAN_VALUE, 'Â'],
])('cleaning %j gives %i and %j', (text, result, value) => {
  expect(clean(text)).toEqual([result, value]);
});

test.each(['unknown', 'na', 'Na', 'Nan', 'Nil', 'Nulla', 'nul', '0'])('%j is a value, because people and codes are called so', (text) => {
  expect(clean(text)).toEqual([CLEAN_VALUE, text]);
});

test('the list of the plan counts, whatever its case, and no other', () => {
  const own = new Cleaner(['Missing', 'ÄÖ']);
  const run = (text: string) => own.clean(Buffer.from(text), 0, Buffer.byteLength(text));
  expect([run('MISSING'), run('ÄÖ'), run('null'), run('')]).toEqual([CLEAN_NULL, CLEAN_NULL, CLEAN_VALUE, CLEAN_NULL]);
});

test('a clean value is neither copied nor moved, and its neighbours are never read', () => {
  const buf = Buffer.from(' Ann ');
  expect(cleaner.clean(buf, 1, 4)).toBe(CLEAN_VALUE);
  expect([cleaner.buf, cleaner.start, cleaner.end]).toEqual([buf, 1, 4]);
  expect(cleaner.buf).toBe(buf);
  const cut = Buffer.from([0x41, 0xc2, 0x85]);
  expect(cleaner.clean(cut, 0, 2)).toBe(CLEAN_VALUE);
  expect([cleaner.clean(Buffer.from('\u2003'), 0, 2), cleaner.end]).toEqual([CLEAN_VALUE, 2]);
});

test('a value longer than the scratch memory is cleaned whole', () => {
  const long = `a\u0000${'bc'.repeat(50_000)}`;
  expect(clean(long)).toEqual([CLEAN_CONTROLS, long.replace('\u0000', '')]);
});

test('the cleaner means the same as its reading on strings', () => {
  const character = fc.oneof(
    fc.constantFrom(
      ...' \t\r\n\u0000\u000b\u007f\u0080\u0085\u009f\u00a0\u00a1\u1680\u2000\u200a\u200b\u2028\u202f\u205f\u3000\ufeff?-.nulaNULA/é',
    ),
    fc.string({ unit: 'binary', minLength: 1, maxLength: 1 }),
  );
  fc.assert(
    fc.property(fc.array(character, { maxLength: 12 }), (characters) => {
      const text = characters.join('');
      expect(clean(text)).toEqual(expected(text));
    }),
    { numRuns: 20_000, seed: 1 },
  );
});
