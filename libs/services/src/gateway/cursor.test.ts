import fc from 'fast-check';
import { readCursor, signCursor } from './cursor.js';

const PEPPER = 'the pepper of this test';
const SCOPE = ['tenant', 'jobs', undefined, 'harmonize'];
const invalid = /^cursor_invalid: /;

test('a cursor gives back its key, whatever the key is', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), (key) => {
      expect(readCursor(PEPPER, SCOPE, signCursor(PEPPER, SCOPE, key))).toBe(key);
    }),
  );
});

test('a cursor is of no use for another tenant, list, filter or installation', () => {
  const cursor = signCursor(PEPPER, SCOPE, '17');
  for (const other of [
    ['another', ...SCOPE.slice(1)],
    ['tenant', 'quarantine', undefined, 'harmonize'],
    ['tenant', 'jobs', 'failed', 'harmonize'],
    SCOPE.slice(0, 3),
    [],
  ]) {
    expect(() => readCursor(PEPPER, other, cursor)).toThrow(invalid);
  }
  expect(() => readCursor('another pepper', SCOPE, cursor)).toThrow(invalid);
});

test('a cursor that was changed in any character is refused', () => {
  const cursor = signCursor(PEPPER, SCOPE, '1700000000000 0197');
  for (let at = 0; at < cursor.length; at++) {
    const changed = cursor.slice(0, at) + (cursor[at] === 'A' ? 'B' : 'A') + cursor.slice(at + 1);
    expect(() => readCursor(PEPPER, SCOPE, changed)).toThrow(invalid);
  }
  for (const none of ['', '.', 'MTc', `${cursor.split('.')[0]}.`, `.${cursor.split('.')[1]}`])
    expect(() => readCursor(PEPPER, SCOPE, none)).toThrow(invalid);
});
