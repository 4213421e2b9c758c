import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { oneOf } from '../random.mjs';
import { every, progress } from './signs.mjs';

/** Jobs that are accepted before the fault, so that it meets some at work. */
const IN_FLIGHT = 12;
/** A part has 8 MiB; so many members have more. */
const ROWS_OF_SEVERAL_PARTS = 60_000;
/** Each part of this row meets so many uploads or more. */
const PARTS_MISSING = 6;

/** On a deployment whose blobs are in the S3 double. `more(at)`: what is to be seen besides the invariants, while the fault lasts. */
const row = (id, fault, faults, { span = 'objects are bad', more } = {}) => ({
  id,
  fault,
  flow: true,
  objects: true,
  async run(at) {
    const { bed, load, note } = at;
    for (let i = 0; i < IN_FLIGHT; i++) await load.submit();
    for (const one of faults) bed.objects.faults.add(one);
    const asked = bed.objects.asked.length;
    const until = Date.now() + at.span(span);
    await more?.(at);
    await pause(Math.max(0, until - Date.now()));
    note('requests meanwhile', bed.objects.asked.length - asked);
    bed.objects.faults.clear();
    await progress(at, 30_000, 'after the objects were well again');
  },
});

/** Submissions are refused with 503, and what was at work waits without being charged. */
async function down({ bed, load, random, expect, bound, since, note }) {
  const [parked] = await bed.rowsOnce(
    `SELECT 1 FROM attune.attempts WHERE outcome = 'parked' AND started_at >= $1 LIMIT 1`,
    [since],
    bound(60_000),
  );
  expect(parked, 'no stage was parked while the objects were out of reach');
  const refused = [];
  for (const deadline = Date.now() + bound(30_000); refused.at(-1)?.status !== 503 && Date.now() < deadline; await pause(200))
    refused.push(await load.post(oneOf(random, load.tenants), randomUUID()));
  expect(refused.at(-1)?.status === 503, `a submission is answered with ${refused.at(-1)?.status} while the objects are out of reach`);
  const began = Date.now();
  await load.post(oneOf(random, load.tenants), randomUUID());
  note('refused after ms', Date.now() - began);
  const [{ charged }] = await bed.rows(
    `SELECT count(*)::int AS charged FROM attune.job_stages s JOIN attune.jobs j ON j.id = s.job_id
     WHERE j.created_at >= $1 AND s.attempt > 1 AND s.error->>'code' = 'dependency_unavailable'`,
    [since],
  );
  expect(charged === 0, `${charged} stages were charged for the outage`);
}

/** A tenant whose uploads and results are of several parts. */
const ofSeveralParts = (load) => load.enlist('parts', ['csv'], { rows: ROWS_OF_SEVERAL_PARTS, seed: 51 });

/** For half of the time every completion is sent twice, then some leave a part out. */
async function multipart(at) {
  const { bed, load, note, expect, bound } = at;
  const tenant = await ofSeveralParts(load);
  const completions = () => bed.objects.asked.filter((operation) => operation === 'CompleteMultipartUpload').length;
  const half = at.span('objects are bad') / 2;
  for (const [name, fault] of [
    ['completed twice', { kind: 'completed_twice' }],
    ['a part missing', { kind: 'part_missing', times: PARTS_MISSING }],
  ]) {
    const before = completions();
    bed.objects.faults.add(fault);
    await every(1000, half, () => load.submit(tenant));
    for (const deadline = Date.now() + bound(60_000); completions() - before < PARTS_MISSING; await load.submit(tenant))
      expect(Date.now() < deadline, `${completions() - before} uploads of several parts were ${name}, and ${PARTS_MISSING} were to be`);
    note(name, Math.min(completions() - before, fault.times ?? Infinity));
    bed.objects.faults.clear();
  }
  await progress(at, 30_000, 'after the objects were well again');
}

export const objects = [
  row('F44', 'S3 answers 10 % with 500', [{ kind: 'error', rate: 0.1 }]),
  row('F45', 'S3 answers half of the requests with 503 SlowDown', [{ kind: 'slow_down', rate: 0.5 }]),
  row('F46', 'S3 does not answer some requests for 30 s', [{ kind: 'hang', times: 3 }]),
  row('F47', 'S3 resets in the middle of a GET', [{ kind: 'reset', rate: 0.3 }]),
  row('F48', 'S3 cuts a GET and keeps its Content-Length', [{ kind: 'truncated', rate: 0.1 }]),
  row('F49', 'S3 has done a PUT and its answer is lost', [{ kind: 'lost_response', rate: 0.2, operations: ['PutObject'] }]),
  row('F50', 'S3 flips a bit', [{ kind: 'flipped_bit', rate: 0.1 }]),
  {
    id: 'F51',
    fault: 'a multipart upload is completed twice, or a part is missing',
    flow: true,
    objects: true,
    prepare: (load) => ofSeveralParts(load),
    run: multipart,
  },
  row('F52', 'S3 is down', [{ kind: 'error' }], { span: 'objects are down', more: down }),
];
