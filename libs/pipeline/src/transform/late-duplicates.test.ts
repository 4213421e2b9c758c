import { Buffer } from 'node:buffer';
import { DuplicateSet, ENTERED } from './duplicate-set.js';
import { LateDuplicates } from './late-duplicates.js';
import { LateRows } from './late-rows.js';
import { Survivors } from './survivors.js';

/** Rows of one identity, in the part and as received. */
const PART = Buffer.from('d,1,0,1\nd,2,10,2\nd,3,20,3\nd,4,30,4\n');
const ROWS = [0, 8, 17, 26];
const RECEIVED = Buffer.from('d\u0001       \n' + 'd\u0002       \n' + 'd\u0001       \n' + 'd\u0002       \n');
const ALTERED = 0x10000;

function survivorsOf(h2: number): number[] {
  const noted: Buffer[] = [];
  const late = new LateRows({ write: (bytes) => void noted.push(Buffer.from(bytes)) }, 0);
  for (const offset of ROWS) late.note(1, 2, h2, offset, 1, 10);
  const rows = Buffer.concat(noted);
  const written = Buffer.alloc(1000);
  const survivors = {
    read: (offset: number, into: Uint8Array) => written.copy(into, 0, offset, offset + into.length),
    write: (offset: number, bytes: Uint8Array) => void written.set(bytes, offset),
  };
  const set = new DuplicateSet(undefined, 0);
  expect(set.findOrEnter(9, 9, 9, 0, () => false)).toBe(ENTERED);
  const source = {
    rows: (offset: number, into: Uint8Array) => rows.copy(into, 0, offset, offset + into.length),
    count: late.count,
    part: (offset: number, into: Uint8Array) => PART.copy(into, 0, offset, offset + into.length),
    readInput: (offset: number, into: Uint8Array) => RECEIVED.copy(into, 0, offset, offset + into.length),
  };
  const duplicates = new LateDuplicates(set, source, survivors);
  expect(Array.from(duplicates.find()).length).toBeGreaterThan(0);
  const found = new Survivors(survivors, ROWS.length);
  found.read(0, ROWS.length);
  return ROWS.map((_, i) => found.of(i));
}

test('late rows whose received bytes count are equal only where those are equal, whatever their hashes say', () => {
  expect(survivorsOf(ALTERED)).toEqual([0, 8, 0, 8]);
  expect(survivorsOf(0)).toEqual([0, 0, 0, 0]);
});
