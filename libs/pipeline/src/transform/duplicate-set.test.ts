import { DuplicateSet } from './duplicate-set.js';

const never = (): boolean => false;
const always = (): boolean => true;

test('offsets far beyond 2^32 come back as they were given', () => {
  const set = new DuplicateSet();
  const offsets = [0, 2 ** 31, 2 ** 32 - 1, 2 ** 32, 2 ** 40 + 12_345, 2 ** 48 - 1];
  offsets.forEach((offset, i) => expect(set.findOrEnter(i * 0x1000_0001, i, i << 16, offset, always)).toBe(-1));
  offsets.forEach((offset, i) => expect(set.findOrEnter(i * 0x1000_0001, i, i << 16, 1, always)).toBe(offset));
});

test('equal hashes without equal bytes are two records, and the first of equal ones is found', () => {
  const set = new DuplicateSet();
  expect(set.findOrEnter(1, 2, 3, 100, never)).toBe(-1);
  expect(set.findOrEnter(1, 2, 3, 200, never)).toBe(-1);
  expect(set.findOrEnter(1, 2, 3, 300, (offset) => offset === 200)).toBe(200);
  expect(set.findOrEnter(1, 2, 3, 300, always)).toBe(100);
});

test('nothing is lost while the tables grow, in one partition or in all', () => {
  for (const spread of [1, 0x9e3779b1]) {
    const set = new DuplicateSet();
    const high = (i: number): number => Math.imul(i, spread);
    const enter = (i: number, offset: number): number => set.findOrEnter(high(i), i * 2, i << 8, offset, (there) => there === i * 100);
    const records = Array.from({ length: 20_000 }, (_, i) => i);
    expect(records.filter((i) => enter(i, i * 100) !== -1)).toEqual([]);
    expect(records.filter((i) => enter(i, 7) !== i * 100)).toEqual([]);
  }
});
