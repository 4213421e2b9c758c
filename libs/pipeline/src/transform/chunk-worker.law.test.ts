import { Buffer } from 'node:buffer';
import { findEntity, type Plan } from '@attune/core';
import { cutOf, emptyAccount, type ByteAccount, type RecordPlace } from '@attune/formats';
import fc from 'fast-check';
import { ChunkWorker, type Chain, type ChunkResult } from './chunk-worker.js';
import { planOver } from './mapping-plan.fixture.js';
import { slicesOf } from './slices.js';
import { memory, transformText, type Left } from './transform-text.fixture.js';
import { TransformPass } from './transform-pass.js';

const HEADER = 'id,born,note\n';

const PLAN: Plan = {
  ...planOver(
    ['id', 'born', 'note'],
    [
      { field: 'patient_id', from: ['id'], standardizer: 'identifier' },
      { field: 'birth_date', from: ['born'], standardizer: 'date' },
    ],
  ),
  required: ['patient_id'],
};

type InPieces = Omit<Left, 'rows'>;
type Read = (offset: number, into: Uint8Array) => number;

/** A pass that takes finished chunks, and what it has left once it was given all of them. */
function taking(input: Buffer, plan: Plan): { readonly take: (chunk: ChunkResult) => void; readonly left: () => InPieces } {
  const left = memory();
  const readInput: Read = (offset, into) => input.copy(into, 0, offset, offset + into.length);
  const pass = new TransformPass(plan, findEntity(plan.mapping.entity)!, { ...left, readInput });
  const account = emptyAccount();
  return {
    take: (chunk) => {
      pass.take(chunk);
      pass.takeSketches(chunk.sketches);
      for (const part of Object.keys(account) as (keyof ByteAccount)[]) account[part] += chunk.account[part];
    },
    left: () => {
      const result = pass.finish(account, input.length);
      const [part, findings, quarantine, duplicates] = [left.part.bytes.toString('utf8'), left.findings, left.quarantine, left.duplicates];
      return { part, findings: findings.lines(), quarantine: quarantine.lines(), duplicates: duplicates.lines(), result };
    },
  };
}

/** What the pass leaves when the text is cut into chunks of so many bytes, which two workers share. */
function inChunks(input: Buffer, plan: Plan, bytes: number, guesses: boolean): InPieces {
  const read: Read = (offset, into) => input.copy(into, 0, offset, offset + into.length);
  const workers = [0, 1].map(
    () => new ChunkWorker(plan, findEntity(plan.mapping.entity)!, '', read, input.length, guesses && cutOf(plan) === 'lines'),
  );
  const pass = taking(input, plan);
  const ends: RecordPlace[] = [];
  for (let i = 0; i === 0 || i * bytes < input.length; i++) {
    const before = ends[i - 1];
    const chain: Chain = { before: () => ({ at: before, records: before?.records ?? 0 }), ended: (place) => ends.push(place) };
    pass.take(workers[i % 2]!.work({ from: i * bytes, to: Math.min(input.length, (i + 1) * bytes) }, chain));
  }
  return pass.left();
}

/** What it leaves when the text is cut into slices, and each is made canonical by a worker that has no bytes before it. */
function inSlices(input: Buffer, plan: Plan, bytes: number, step: number): InPieces & { readonly slices: number } {
  const whole: Read = (offset, into) => input.copy(into, 0, offset, offset + into.length);
  const slices = [...slicesOf(plan, plan.columns.length, whole, input.length, bytes, step)].flatMap(({ slice }) => slice ?? []);
  const pass = taking(input, plan);
  for (const { from, to } of slices) {
    const own = input.subarray(from.byteOffset);
    const read: Read = (offset, into) => own.copy(into, 0, offset - from.byteOffset, offset - from.byteOffset + into.length);
    const worker = new ChunkWorker(plan, findEntity(plan.mapping.entity)!, '', read, input.length, cutOf(plan) === 'lines');
    let before: RecordPlace | undefined = from.byteOffset === 0 ? undefined : from;
    for (let at = from.byteOffset; at < to; at += step) {
      const chain: Chain = { before: () => ({ at: before, records: before?.records ?? 0 }), ended: (place) => (before = place) };
      pass.take(worker.work({ from: at, to: Math.min(to, at + step), ...(at === from.byteOffset ? { at: from } : {}) }, chain));
    }
  }
  return { ...pass.left(), slices: slices.length };
}

const withoutRows = ({ part, findings, quarantine, duplicates, result }: Left): InPieces => ({
  part,
  findings,
  quarantine,
  duplicates,
  result,
});

const hostile = fc
  .array(
    fc.constantFrom(
      ...[
        'a,1/2/1987,x\n',
        'a,1/2/1987,x\n',
        'b,,"two\nlines"\r\n',
        '"never closed,\n',
        ',,\n',
        '\n',
        'é,2020-02-30,"a ""b"""\r',
        'c,x\n',
        'd,,\u0001\n',
      ],
      ...['"', ',', '\n', 'long '.repeat(30), '\ufeff'],
    ),
    { maxLength: 60 },
  )
  .map((pieces) => Buffer.from(HEADER + pieces.join('')));

test('cut anywhere into chunks, with guesses right or wrong, the pass leaves the same bytes, findings and counts', () => {
  fc.assert(
    fc.property(hostile, fc.integer({ min: 1, max: 200 }), fc.boolean(), (input, bytes, guesses) => {
      const whole = withoutRows(transformText(input, PLAN));
      expect(inChunks(input, PLAN, bytes, guesses)).toEqual(whole);
    }),
    { numRuns: process.env['TEST_FULL'] === '1' ? 1_000 : 80 },
  );
});

test('cut into slices that are made canonical apart, the pass leaves the same bytes, findings and counts', () => {
  const sameInSlices = (input: Buffer, bytes: number, step: number): number => {
    const { slices, ...left } = inSlices(input, PLAN, bytes, step);
    expect(left).toEqual(withoutRows(transformText(input, PLAN)));
    return slices;
  };
  expect(sameInSlices(Buffer.from(HEADER + 'a,1/2/1987,x\nb,,"two\nlines"\r\n'.repeat(10)), 30, 20)).toBeGreaterThan(5);
  fc.assert(
    fc.property(hostile, fc.integer({ min: 1, max: 200 }), fc.integer({ min: 1, max: 50 }), (input, bytes, step) => {
      sameInSlices(input, bytes, step);
    }),
    { numRuns: process.env['TEST_FULL'] === '1' ? 1_000 : 80 },
  );
});

test('a value that comes again and again is counted, reported and hashed as if it were new each time', () => {
  const values = ['1/2/1987', '13/13/1999', 'NULL', ' 1987-01-02 ', '"1,2"', '\u0007', 'Jan 2, 1987'];
  const lines = Array.from({ length: 40_000 }, (_, i) => `p${i % 20_000},${values[i % values.length]},"n, ${i % 20_000}"\n`);
  const input = Buffer.from(HEADER + lines.join(''));
  const whole = withoutRows(transformText(input, PLAN, { batchRecords: 1000 }));
  const { rows: again, ...single } = transformText(input, PLAN, { batchRecords: 7 });
  expect(again).toHaveLength(whole.result.ledger.recordsOut);
  expect(single).toEqual(whole);
  expect(inChunks(input, PLAN, 100_000, true)).toEqual(whole);
});
