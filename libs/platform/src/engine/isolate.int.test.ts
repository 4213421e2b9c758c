import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Detection, Plan, SampleProfile, StageOutcome } from '@attune/core';
import { makePlan } from '@attune/pipeline';
import { useFailpoints } from '../failpoints/failpoint.js';
import { attemptFolder, readJson, readLines } from './attempt-folder.fixture.js';
import { CAREFUL_RECORDS } from './careful.js';
import { Engine } from './engine.js';
import { isolate } from './isolate.js';

const RECORDS = 2_000;
const POISON = 'Hemlock';
const OPTIONS = { remove_duplicates: true, standardize_fields: true, validate_schema: true, output_formats: ['csv' as const] };
const { attempt, input } = attemptFolder('attune-isolate-');

let engine: Engine;
let failpoints: string;

beforeAll(() => {
  failpoints = mkdtempSync(join(tmpdir(), 'attune-poison-'));
  useFailpoints(failpoints);
  engine = new Engine({ size: 1, memoryLimitMb: 256, threads: 2 });
});
beforeEach(() => writeFileSync(join(failpoints, 'engine.poison'), POISON));
afterAll(async () => {
  useFailpoints(undefined);
  await engine.close();
  rmSync(failpoints, { recursive: true });
});

/** A file in which these records, counted from 1, crash the engine; some others are refused by the reader. */
async function file(poisonous: (record: number) => boolean): Promise<{ path: string; plan: Plan }> {
  const rows = Array.from({ length: RECORDS }, (_, i) => {
    const name = poisonous(i + 1) ? POISON : `"Brock, ${i}"`;
    return `m-${i},Ilka,${name},1987-03-09${i % 500 === 7 ? ',one too many' : ''}`;
  });
  const path = await input('people.csv', Buffer.from(`member_id,first_name,last_name,dob\n${rows.join('\n')}\n`));
  const scratch = await attempt();
  await engine.run('inspect', { input: path, scratch });
  const detection = await readJson<Detection>(scratch, 'detection.json');
  const profile = await readJson<SampleProfile>(scratch, 'sample-profile.json');
  return {
    path,
    plan: makePlan({ detection, profile, options: { ...OPTIONS, review: 'never' }, receivedAt: '2026-01-01T00:00:00Z' }).plan,
  };
}

/** Isolates, and answers what was left and how many processes it took. */
async function isolated({ path, plan }: { path: string; plan: Plan }): Promise<{ scratch: string; left: StageOutcome; tries: number }> {
  const scratch = await attempt();
  let tries = 0;
  const left = await isolate(scratch, (careful) => {
    tries++;
    return engine.run('transform', { input: path, plan, planFindings: [], scratch, careful });
  });
  return { scratch, left, tries };
}

test('F28 F30 records that crash the engine every time are set aside with the few beside them, and all others come out as if they were not there', async () => {
  const poisoned = await file((record) => record === 700 || record === 1_301);
  const once = engine.run('transform', { input: poisoned.path, plan: poisoned.plan, planFindings: [], scratch: await attempt() });
  await expect(once).rejects.toMatchObject({ code: 'engine.failed', detail: 'the engine process ended with signal SIGSEGV' });
  const { scratch, left, tries } = await isolated(poisoned);
  expect(tries).toBe(3);
  const quarantine = await readLines(scratch, 'quarantine.ndjson');
  const crashed = quarantine.filter(({ code }) => code === 'record.parser_crash');
  expect(crashed.length).toBeGreaterThan(0);
  expect(crashed.length).toBeLessThanOrEqual(2 * CAREFUL_RECORDS);
  expect(crashed.map(({ record }) => record)).toEqual(expect.arrayContaining([700, 1_301]));
  expect(crashed.filter(({ raw }) => String(raw).includes(POISON)).map(({ record }) => record)).toEqual([700, 1_301]);
  expect(quarantine.map(({ record }) => Number(record))).toEqual(quarantine.map(({ record }) => Number(record)).sort((a, b) => a - b));
  expect(left.ledger).toMatchObject({
    recordsIn: RECORDS,
    recordsOut: RECORDS - quarantine.length,
    recordsQuarantined: quarantine.length,
    recordsDropped: 0,
  });
  expect(quarantine.length - crashed.length).toBe(4);
  // What is left of the others is what a quiet engine leaves of them.
  writeFileSync(join(failpoints, 'engine.poison'), '');
  const quiet = await attempt();
  await engine.run('transform', { input: poisoned.path, plan: poisoned.plan, planFindings: [], scratch: quiet });
  const aside = new Set(crashed.map(({ record }) => record));
  const findings = async (folder: string) => (await readLines(folder, 'findings.ndjson')).filter(({ record }) => !aside.has(record));
  expect(await findings(scratch)).toEqual(await findings(quiet));
});

test('an input that crashes the engine all over is given up after a few processes', async () => {
  const poisoned = await file(() => true);
  let tries = 0;
  const scratch = await attempt();
  const isolating = isolate(scratch, (careful) => {
    tries++;
    return engine.run('transform', { input: poisoned.path, plan: poisoned.plan, planFindings: [], scratch, careful });
  });
  await expect(isolating).rejects.toMatchObject({ code: 'engine.failed' });
  expect(tries).toBe(9);
});

test('without anything that crashes the careful way leaves the same bytes as the quick one', async () => {
  const harmless = await file(() => false);
  const quick = await attempt();
  await engine.run('transform', { input: harmless.path, plan: harmless.plan, planFindings: [], scratch: quick });
  const { scratch, tries } = await isolated(harmless);
  expect(tries).toBe(1);
  for (const list of ['findings.ndjson', 'quarantine.ndjson', 'duplicates.ndjson'])
    expect(await readLines(scratch, list)).toEqual(await readLines(quick, list));
  expect(await readJson(scratch, 'profile.json')).toEqual(await readJson(quick, 'profile.json'));
});
