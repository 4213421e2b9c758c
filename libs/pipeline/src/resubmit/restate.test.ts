import fc from 'fast-check';
import type { Profile, ProfiledColumn } from '../transform/profile.js';
import { type DuplicatePair, restatedDuplicates } from './restate-duplicates.js';
import { restatedLedger } from './restate-ledger.js';
import { linesOfList, type RecordLine, restateList } from './restate-list.js';
import { restatedProfile } from './restate-reports.js';

const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);
const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);

class Written {
  text = '';

  write(bytes: Uint8Array): void {
    this.text += text(bytes);
  }
}

/** A line whose member tries to look like the number of another record. */
const lineOf = (record: number, said: string): string => JSON.stringify({ member: `,"record":${record + 1}`, record, said });
const added = (record: number): RecordLine => ({ record, bytes: utf8(lineOf(record, 'now')) });

test('a restated list is the list of the source as it is now, in any cut of its bytes', () => {
  const records = fc.uniqueArray(fc.integer({ min: 1, max: 3_000 }), { maxLength: 1_200 });
  fc.assert(
    fc.property(records, fc.integer({ min: 1, max: 97 }), fc.integer({ min: 1, max: 500 }), (some, modulus, block) => {
      const all = [...some].sort((a, b) => a - b);
      const sent = new Set(all.filter((record) => record % modulus === 0));
      const stays = [...sent].filter((record) => record % 2 === 0);
      const bytes = utf8(all.map((record) => `${lineOf(record, 'before')}\n`).join(''));
      const blocks = Array.from({ length: Math.ceil(bytes.length / block) }, (_, i) => bytes.subarray(i * block, (i + 1) * block));
      const out = new Written();
      const index = restateList(linesOfList(blocks), sent, stays.map(added), out);
      const expected = all.filter((record) => !sent.has(record) || stays.includes(record));
      const lines = out.text.split('\n').slice(0, -1);
      expect(lines).toEqual(expected.map((record) => lineOf(record, sent.has(record) ? 'now' : 'before')));
      expect(index.records).toBe(lines.length);
      index.offsets.forEach((offset, i) => expect(text(utf8(out.text).subarray(offset)).split('\n')[0]).toBe(lines[i * index.every]));
    }),
    { numRuns: 60 },
  );
});

test('what was said about the dataset as a whole stays first', () => {
  const out = new Written();
  const lines = linesOfList([utf8('{"member":"","record":null,"code":"x"}\n{"member":"","record":2}\n')]);
  restateList(lines, new Set([1, 2]), [added(1)], out);
  expect(out.text).toBe(`{"member":"","record":null,"code":"x"}\n${lineOf(1, 'now')}\n`);
});

test('a duplicate of a mended record that is in the result already has the survivor that is there', () => {
  const pair = (record: number, survivor: number): DuplicatePair => ({
    ...{ record, line: record + 1, byte_offset: record * 10 },
    ...{ survivor_record: survivor, survivor_line: survivor + 1, survivor_byte_offset: survivor * 10 },
  });
  expect(restatedDuplicates([pair(7, 3), pair(8, 5)], [pair(3, 1)])).toEqual([pair(3, 1), pair(7, 1), pair(8, 5)]);
  // Where duplicates are only listed, one may be found twice.
  expect(restatedDuplicates([pair(7, 3)], [pair(3, 1), pair(7, 1)])).toEqual([pair(3, 1), pair(7, 1)]);
});

test('as many records came in as ever, and what was mended is counted where it went', () => {
  const counts = { recordsDropped: 0, dropReasons: {} };
  const earlier = { recordsIn: 100, recordsOut: 80, recordsQuarantined: 15, recordsMerged: 5, ...counts };
  const pass = { recordsIn: 10, recordsOut: 7, recordsQuarantined: 2, recordsMerged: 1, ...counts };
  expect(restatedLedger(earlier, { pass, mergedEarlier: 3 })).toEqual({
    ...{ recordsIn: 100, recordsOut: 84, recordsQuarantined: 7, recordsMerged: 9 },
    ...counts,
  });
});

test('a profile of both counts both, by unsigned bytes', () => {
  const column = (given: Partial<ProfiledColumn>): Profile => ({
    version: 1,
    records: 10,
    columns: [
      {
        ...{ name: 'city', sources: [1], standardizer: 'text', nulls: 1, received: 9, refused: 2, findings: { 'text.too_long': 2 } },
        ...{ min: 'b', max: 'b', min_length: 1, max_length: 1, distinct_estimate: 9, ...given },
      },
    ],
  });
  const both = restatedProfile(column({}), column({ min: 'a', max: '\u{1f600}', max_length: 4, distinct_estimate: 3, findings: {} }));
  expect(both).toMatchObject({
    records: 20,
    columns: [
      {
        nulls: 2,
        received: 18,
        refused: 4,
        findings: { 'text.too_long': 2 },
        min: 'a',
        max: '\u{1f600}',
        max_length: 4,
        distinct_estimate: 12,
      },
    ],
  });
  const none = restatedProfile(column({ min: null, max: null, min_length: 0, max_length: 0, nulls: 10, distinct_estimate: 0 }), column({}));
  expect(none.columns[0]).toMatchObject({ min: 'b', max: 'b', min_length: 1, distinct_estimate: 9 });
  // Few values in many records: mended records bring hardly a new one.
  expect(restatedProfile(column({ distinct_estimate: 1 }), column({ distinct_estimate: 2 })).columns[0]?.distinct_estimate).toBe(2);
});
