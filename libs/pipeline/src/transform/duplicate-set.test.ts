import { DuplicateSet, ENTERED, NO_ROOM } from './duplicate-set.js';

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

describe('a set with a budget', () => {
  const BUDGET = 64 * 1024;
  const rows = Array.from({ length: 20_000 }, (_, i) => i);
  const ask = (set: DuplicateSet, i: number): number =>
    set.findOrEnter(Math.imul(i, 0x9e3779b1), i * 2, i << 8, i * 100, (there) => there === i * 100);

  test('never takes more; what it has entered is found, and nothing is entered after the first row without room', () => {
    const set = new DuplicateSet(undefined, BUDGET);
    const said = rows.map((i) => ask(set, i));
    expect(set.bytes).toBeLessThanOrEqual(BUDGET);
    expect(set.bytes).toBeGreaterThan(BUDGET / 2);
    expect(said.indexOf(NO_ROOM)).toBe(set.entered);
    expect(said.lastIndexOf(ENTERED)).toBe(set.entered - 1);
    expect(rows.map((i) => ask(set, i))).toEqual(rows.map((i) => (i < set.entered ? i * 100 : NO_ROOM)));
  });

  test('begins anew in the memory that it has, with about as much room, and another one can go on for it', () => {
    const written: Uint8Array[] = [];
    const set = new DuplicateSet({ write: (bytes) => void written.push(bytes.slice()) }, BUDGET);
    for (const i of rows) ask(set, i);
    set.flush();
    const next = new DuplicateSet(undefined, BUDGET);
    next.close();
    for (const bytes of written) next.reenter(new Int32Array(bytes.slice().buffer));
    expect([next.entered, next.bytes]).toEqual([set.entered, set.bytes]);
    expect(rows.map((i) => ask(next, i))).toEqual(rows.map((i) => ask(set, i)));

    const { bytes, entered } = set;
    const blocks = written.length;
    set.forget();
    const again = rows.map((i) => ask(set, i + 50_000));
    set.flush();
    expect([set.bytes, written.length]).toEqual([bytes, blocks]);
    expect(again.indexOf(NO_ROOM)).toBeGreaterThan(entered * 0.8);
  });

  test('has room for one row, however small the budget', () => {
    const set = new DuplicateSet(undefined, 0);
    expect([ask(set, 1), ask(set, 1), ask(set, 300)]).toEqual([ENTERED, 100, NO_ROOM]);
  });
});
