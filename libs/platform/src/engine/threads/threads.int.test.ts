import { gzipSync } from 'node:zlib';
import type { Detection, SampleProfile, StageOutcome } from '@attune/core';
import { makePlan } from '@attune/pipeline';
import { attemptFolder, hashesOf, readJson } from '../attempt-folder.fixture.js';
import { zipOf } from '../container/containers.fixture.js';
import { Engine } from '../engine.js';

const OPTIONS = { remove_duplicates: true, standardize_fields: true, validate_schema: true, output_formats: [], review: 'never' as const };
const HEADER = 'member_id,last_name,dob,gender,note\n';

/** Lines with everything that makes a chunk's beginning hard to guess: line feeds in quotes, quotes that nobody closes, lone carriage returns. */
function hostileText(bytes: number): Buffer {
  const lines = [HEADER];
  for (let n = 0, length = 0; length < bytes; n++) {
    const note =
      n % 7 === 0 ? `"first line\nm-${n},looks,1999-01-01,like,a record\nlast"` : n % 1001 === 5 ? `"never closed ${n}` : `note ${n % 50}`;
    const line = `m-${n % 11 === 4 ? n - 4 : n},"O'NEIL ${n % 300}, Jr",${(n % 13) + 1}/${(n % 31) + 1}/19${10 + (n % 90)},${n % 4},${note}${n % 97 === 0 ? '\r' : '\n'}`;
    lines.push(line);
    length += line.length;
  }
  return Buffer.from(lines.join(''));
}

const folder = attemptFolder('attune-threads-');
const engines = [1, 2, 4].map((threads) => new Engine({ size: 1, memoryLimitMb: 256, threads }));
afterAll(() => Promise.all(engines.map((engine) => engine.close())));

/** The hashes of everything that transform leaves, and its outcome. */
async function leftBy(engine: Engine, input: string): Promise<{ hashes: Record<string, string>; outcome: StageOutcome }> {
  const inspected = await folder.attempt();
  await engine.run('inspect', { input, scratch: inspected });
  const detection = await readJson<Detection>(inspected, 'detection.json');
  const profile = await readJson<SampleProfile>(inspected, 'sample-profile.json');
  const { plan, findings } = makePlan({ detection, profile, options: OPTIONS, receivedAt: '2026-01-01T00:00:00Z' });
  const scratch = await folder.attempt();
  const outcome = await engine.run('transform', { input, plan, planFindings: findings, scratch });
  const hashes = await hashesOf(scratch, outcome.files);
  return { hashes, outcome };
}

const text = hostileText(9 << 20);
test.each([
  ['a plain text', text],
  ['a gzip container', gzipSync(text)],
  [
    'a zip of a large and of a small text',
    zipOf([
      { name: 'a.csv', bytes: text },
      { name: 'b.csv', bytes: hostileText(100_000) },
    ]),
  ],
  ['a text of one line of 5 MB', Buffer.from(`${HEADER}m-1,X,1/2/1987,1,${'long '.repeat(1_000_000)}\n${HEADER.repeat(3)}`)],
])('%s gives the same bytes with 1, 2 and 4 threads', async (name, bytes) => {
  const input = await folder.input(name, bytes);
  const [one, two, four] = [await leftBy(engines[0]!, input), await leftBy(engines[1]!, input), await leftBy(engines[2]!, input)];
  expect(one.outcome.ledger!.recordsIn).toBeGreaterThan(0);
  expect(two).toEqual(one);
  expect(four).toEqual(one);
});
