import { Buffer } from 'node:buffer';
import { findEntity, type Plan } from '@attune/core';
import { emptyAccount, type ByteAccount, type RecordPlace } from '@attune/formats';
import fc from 'fast-check';
import { ChunkWorker, type Chain, type ChunkResult } from './chunk-worker.js';
import { planOver } from './mapping-plan.fixture.js';
import { TransformPass } from './transform-pass.js';
import { Memory, memory, settle, transformText, type Left } from './transform-text.fixture.js';

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

interface Course {
  /** Bytes of a chunk. */
  readonly bytes: number;
  /** Ordinals of the chunks after which the pass is given up. */
  readonly stops: ReadonlySet<number>;
  /** Of the set of different rows. */
  readonly budgetBytes: number;
}

/** What is left when the pass is given up now and then and another one goes on from its state. */
function withStops(input: Buffer, plan: Plan, { bytes, stops, budgetBytes }: Course): Omit<Left, 'rows'> & { late: number } {
  const entity = findEntity(plan.mapping.entity)!;
  const readInput = (offset: number, into: Uint8Array): number => input.copy(into, 0, offset, offset + into.length);
  const left = { ...memory(), entered: new Memory() };
  const ports = { ...left, late: { budgetBytes, rows: left.lateRows }, readInput };
  let pass = new TransformPass(plan, entity, ports);
  const worker = new ChunkWorker(plan, entity, '', readInput, input.length, true);
  let before: RecordPlace | undefined;
  const account = emptyAccount();
  for (let i = 0; i === 0 || i * bytes < input.length; i++) {
    const chain: Chain = { before: () => ({ at: before, records: before?.records ?? 0 }), ended: (place) => (before = place) };
    const result: ChunkResult = worker.work({ from: i * bytes, to: Math.min(input.length, (i + 1) * bytes) }, chain);
    pass.take(result);
    pass.takeSketches(result.sketches);
    for (const part of Object.keys(account) as (keyof ByteAccount)[]) account[part] += result.account[part];
    if (!stops.has(i)) continue;
    const earlier = structuredClone(pass.state());
    pass = new TransformPass(plan, entity, ports, { earlier });
    const words = new Uint8Array(left.entered.bytes);
    pass.reenter(new Int32Array(words.buffer));
  }
  const late = pass.lateRows;
  const { part, duplicates } = settle(pass, left);
  const result = pass.finish(account, input.length);
  return {
    part: part.bytes.toString('utf8'),
    findings: left.findings.lines(),
    quarantine: left.quarantine.lines(),
    duplicates: duplicates.lines(),
    result,
    late,
  };
}

const records = fc
  .array(
    fc.constantFrom(
      'a,1/2/1987,x\n',
      'a,1/2/1987,x\n',
      'b,,"two\nlines"\r\n',
      ',,\n',
      'é,2020-02-30,"a ""b"""\n',
      'c,x\n',
      'd,,\u0001\n',
      'd,,\u0002\n',
    ),
    { maxLength: 60 },
  )
  .map((pieces) => Buffer.from(HEADER + pieces.join('')));

const budget = fc.oneof(fc.constant(Infinity), fc.nat(4096));

test('a pass that is given up between any two chunks, and gone on with by another one, leaves the same bytes, findings and counts', () => {
  fc.assert(
    fc.property(
      records,
      fc.integer({ min: 1, max: 200 }),
      fc.uniqueArray(fc.nat(40)),
      fc.boolean(),
      budget,
      (input, bytes, stops, remove, budgetBytes) => {
        const plan = { ...PLAN, options: { ...PLAN.options, remove_duplicates: remove } };
        let late = 0;
        const whole = transformText(input, plan);
        transformText(input, plan, { budgetBytes, onLate: (rows) => (late = rows) });
        const course = { bytes, stops: new Set(stops), budgetBytes };
        expect({ rows: whole.rows, ...withStops(input, plan, course) }).toEqual({ ...whole, late });
      },
    ),
    { numRuns: 300 },
  );
});
