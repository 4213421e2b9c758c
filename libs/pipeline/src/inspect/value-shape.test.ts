import { VALUE_SHAPES } from '@attune/core';
import fc from 'fast-check';
import { DistinctCounts } from './distinct-count.js';
import { shapeOf } from './value-shape.js';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const shape = (text: string): string => VALUE_SHAPES[shapeOf(bytes(text), 0, bytes(text).length)]!;

test.each([
  ['0042', 'digits'],
  ['-12.50', 'number'],
  ['1,234.00', 'number'],
  ['1980-03-25', 'date'],
  ['3/9/1987', 'date'],
  ['25.03.1980', 'date'],
  ['12-Mar-2010', 'date'],
  ['1980-03-25T10:00:00Z', 'date'],
  ['2010-01-02 03:04', 'date'],
  ['1980-13', 'code'],
  ['10.20.30', 'code'],
  ['b58731cc-2d8b-9c2d-b327-4cab771af3ef', 'uuid'],
  ['ada@example.org', 'email'],
  ['Ada', 'word'],
  ["O'Hara-Smith", 'word'],
  ['Zoë', 'word'],
  ['Ada Farrow', 'two_words'],
  ['Ada B. Farrow', 'words'],
  ['Farrow, Ada', 'last_comma_first'],
  ['van der Berg, Ada', 'last_comma_first'],
  ['Farrow, Ada B', 'text'],
  [', Ada', 'text'],
  ['Aaron697', 'code'],
  ['I10', 'code'],
  ['urn:uuid:17', 'code'],
  ['Patient/17', 'code'],
  ['12 Elm Street', 'text'],
  ['#', 'text'],
])('%s has the shape %s', (text, expected) => {
  expect(shape(text)).toBe(expected);
});

test('every value has a shape, and the bytes around it do not count', () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 1, maxLength: 60 }), fc.uint8Array({ maxLength: 5 }), (value, around) => {
      const whole = new Uint8Array([...around, ...value, ...around]);
      expect(shapeOf(whole, around.length, around.length + value.length)).toBe(shapeOf(value, 0, value.length));
    }),
  );
});

test('different values are counted to about one in a hundred, each column for itself', () => {
  const counts = new DistinctCounts(3);
  for (let n = 0; n < 6000; n += 1) {
    counts.add(0, bytes(`P${n % 3000}`), 0, bytes(`P${n % 3000}`).length);
    counts.add(1, bytes('FM'), n % 2, (n % 2) + 1);
  }
  expect(counts.estimate(0)).toBeGreaterThan(2940);
  expect(counts.estimate(0)).toBeLessThan(3060);
  expect([counts.estimate(1), counts.estimate(2)]).toEqual([2, 0]);
});
