import { Buffer } from 'node:buffer';
import { findEntity, type Plan } from '@attune/core';
import { cutOf, emptyAccount, type ByteAccount, type RecordPlace } from '@attune/formats';
import fc from 'fast-check';
import { ChunkWorker, type Chain } from './chunk-worker.js';
import { planOver } from './mapping-plan.fixture.js';
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

/** What the pass leaves when the text is cut into chunks of so many bytes, which two workers share. */
function inChunks(input: Buffer, plan: Plan, bytes: number, guesses: boolean): Omit<Left, 'rows'> {
  const entity = findEntity(plan.mapping.entity)!;
  const read = (offset: number, into: Uint8Array): number => input.copy(into, 0, offset, offset + into.length);
  const left = memory();
  const pass = new TransformPass(plan, entity, { ...left, readInput: read });
  const workers = [0, 1].map(() => new ChunkWorker(plan, entity, '', read, input.length, guesses && cutOf(plan) === 'lines'));
  const ends: RecordPlace[] = [];
  const account = emptyAccount();
  for (let i = 0; i === 0 || i * bytes < input.length; i++) {
    const before = ends[i - 1];
    const chain: Chain = { before: () => ({ at: before, records: before?.records ?? 0 }), ended: (place) => ends.push(place) };
    const result = workers[i % 2]!.work({ from: i * bytes, to: Math.min(input.length, (i + 1) * bytes) }, chain);
    pass.take(result);
    pass.takeSketches(result.sketches);
    for (const part of Object.keys(account) as (keyof ByteAccount)[]) account[part] += result.account[part];
  }
  const result = pass.finish(account, input.length);
  return {
    part: left.part.bytes.toString('utf8'),
    findings: left.findings.lines(),
    quarantine: left.quarantine.lines(),
    duplicates: left.duplicates.lines(),
    result,
  };
}

const withoutRows = ({ part, findings, quarantine, duplicates, result }: Left): Omit<Left, 'rows'> => ({
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
