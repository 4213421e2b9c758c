import { AppError } from '@attune/core';
import fc from 'fast-check';
import { byteRange } from './byte-range.js';

test.each([
  ['bytes=0-0', 10, { start: 0, end: 0 }],
  ['bytes=2-5', 10, { start: 2, end: 5 }],
  ['bytes=2-', 10, { start: 2, end: 9 }],
  ['bytes=2-99', 10, { start: 2, end: 9 }],
  ['bytes=-3', 10, { start: 7, end: 9 }],
  ['bytes=-99', 10, { start: 0, end: 9 }],
  ['BYTES= 1-2 ', 10, { start: 1, end: 2 }],
] as const)('%s of %i bytes', (header, bytes, range) => expect(byteRange(header, bytes)).toEqual(range));

test.each([
  undefined,
  '',
  'bytes',
  'bytes=',
  'bytes=-',
  'bytes=x-1',
  'bytes=1-x',
  'bytes=5-2',
  'bytes=0-1,3-4',
  'lines=0-1',
  'bytes=1 - 2',
])('what is no single range of bytes is ignored: %s', (header) => expect(byteRange(header, 10)).toBeUndefined());

test.each([
  ['bytes=10-', 10],
  ['bytes=10-11', 10],
  ['bytes=-0', 10],
  ['bytes=0-', 0],
  ['bytes=-5', 0],
] as const)('%s of %i bytes cannot be satisfied', (header, bytes) => expect(() => byteRange(header, bytes)).toThrow(/^range_invalid/));

test('whatever the header says, the answer lies within the content', () => {
  const header = fc.oneof(
    fc.string(),
    fc.tuple(fc.nat(60), fc.nat(60)).map(([a, b]) => `bytes=${a}-${b}`),
    fc.nat(60).map((n) => `bytes=-${n}`),
    fc.nat(60).map((n) => `bytes=${n}-`),
  );
  fc.assert(
    fc.property(header, fc.nat(50), (text, bytes) => {
      try {
        const range = byteRange(text, bytes);
        if (range) expect(0 <= range.start && range.start <= range.end && range.end < bytes).toBe(true);
      } catch (error) {
        expect((error as AppError).code).toBe('range_invalid');
      }
    }),
  );
});
