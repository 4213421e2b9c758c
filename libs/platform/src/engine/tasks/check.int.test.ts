import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { QualityBody } from '@attune/api';
import { type Detection, GivenMapping, type Plan, type SampleProfile, type StageOutcome } from '@attune/core';
import { makePlan, rulesOfJob, silverAggregates } from '@attune/pipeline';
import { parseRuleSet } from '@attune/rules';
import { literal, sql } from '@attune/sql';
import { attemptFolder, readJson, readLines } from '../attempt-folder.fixture.js';
import { DuckDb } from '../duckdb.js';
import { Engine } from '../engine.js';
import { entityOf } from '../entity-of.js';
import { zipOf } from '../container/containers.fixture.js';

const HEADER = 'id,born,died,note\n';

let engine: Engine;
beforeAll(() => {
  engine = new Engine({ size: 1, memoryLimitMb: 256, threads: 2 });
});
afterAll(() => engine.close());
const folder = attemptFolder('attune-check-');

/** A dataset up to its check; the folder in which the stages have worked. */
async function checked(
  bytes: Buffer,
  rules?: string,
  previous?: QualityBody,
): Promise<{ scratch: string; outcome: StageOutcome; quality: QualityBody }> {
  const scratch = await folder.attempt();
  const input = await folder.input(`input-${scratch.split('-').pop()}`, bytes);
  await engine.run('inspect', { input, scratch });
  const detection = await readJson<Detection>(scratch, 'detection.json');
  const column = (name: string) => detection.columns.filter((candidate) => candidate.name === name);
  const { plan } = makePlan({
    detection,
    profile: await readJson<SampleProfile>(scratch, 'sample-profile.json'),
    given: GivenMapping.parse({
      fields: [
        { field: 'patient_id', from: column('id') },
        { field: 'birth_date', from: column('born') },
        { field: 'death_date', from: column('died') },
      ],
    }),
    options: { remove_duplicates: true, standardize_fields: true, validate_schema: true, output_formats: ['csv'], review: 'never' },
    receivedAt: '2026-01-01T00:00:00Z',
  });
  await writeFile(join(scratch, 'plan.json'), JSON.stringify(plan));
  const { ledger } = await engine.run('transform', { input, plan, scratch, planFindings: [] });
  const outcome = await engine.run('check', {
    silver: [join(scratch, 'silver.parquet')],
    profile: join(scratch, 'profile.json'),
    plan,
    ledger: ledger!,
    rules: rules === undefined ? undefined : parseRuleSet(rules),
    previous: previous && { jobId: 'job_1', quality: previous },
    scratch,
  });
  return { scratch, outcome, quality: await readJson<QualityBody>(scratch, 'quality.json') };
}

test('every failing record is a finding with its member, record, line, place, column, value and rule', async () => {
  const first = `${HEADER}a,1990-01-01,1980-01-01,x\nb,1990-01-01,,y\n`;
  const second = `${HEADER}"c\n",1990-01-01,,z\na,2050-01-01,1980-01-01,"é"\n`;
  const zip = zipOf([
    { name: 'one.csv', bytes: Buffer.from(first) },
    { name: 'two.csv', bytes: Buffer.from(second) },
  ]);
  const { scratch, outcome } = await checked(zip, 'rules: [{ id: note-form, kind: pattern, field: source.note, pattern: "[xyz]" }]');
  const at = { member: 'two.csv', record: 4, line: 4, byte_offset: second.indexOf('a,2050'), code: 'rule.failed' };
  expect(await readLines(scratch, 'rule-findings.ndjson')).toEqual([
    {
      ...{ member: 'one.csv', record: 1, line: 2, byte_offset: HEADER.length, column: 1, field: 'birth_date', code: 'rule.failed' },
      ...{ severity: 'error', value: '1990-01-01', rule: 'death_not_before_birth' },
    },
    { ...at, column: 0, field: 'patient_id', severity: 'warning', value: 'a', rule: 'person.patient_id.unique' },
    { ...at, column: 1, field: 'birth_date', severity: 'error', value: '2050-01-01', rule: 'death_not_before_birth' },
    { ...at, column: 1, field: 'birth_date', severity: 'error', value: '2050-01-01', rule: 'birth_not_after_receipt' },
    { ...at, column: 3, field: 'source.note', severity: 'error', value: 'é', rule: 'note-form' },
  ]);
  expect(outcome.errorsFound).toBe(4);
  expect(outcome.failure).toBeUndefined();
});

test('the index finds every thousandth line, the rows of Parquet are as many, and no number of failures is too many', async () => {
  const records = Array.from({ length: 30_000 }, (_, i) => `p${i},2050-01-01,,n\n`).join('');
  const { scratch, outcome, quality } = await checked(Buffer.from(HEADER + records));
  const index = await readJson<{ offsets: number[]; records: number; every: number }>(scratch, 'rule-findings.index.json');
  expect(index.records).toBe(30_000);
  const bytes = await readFile(join(scratch, 'rule-findings.ndjson'));
  index.offsets.forEach((offset, i) => {
    const line = bytes.subarray(offset, bytes.indexOf(0x0a, offset)).toString();
    expect(JSON.parse(line)).toMatchObject({ record: i * index.every + 1 });
  });
  expect(index.offsets.length).toBe(30);
  expect(outcome.files.filter(({ records: n }) => n === 30_000).map(({ kind }) => kind)).toEqual([
    'rule_findings',
    'rule_findings_parquet',
  ]);
  expect(quality.rules.find(({ id }) => id === 'birth_not_after_receipt')).toMatchObject({ judged: 30_000, failed: 30_000, score: 0 });
});

test('few records are asked everything at once, and answer what they answer one by one', async () => {
  const { scratch } = await checked(Buffer.from(`${HEADER}a,1990-01-01,1980-01-01,x\nb,1991-01-01,,y\na,,2000-01-01,z\n`));
  const plan = await readJson<Plan>(scratch, 'plan.json');
  const entity = entityOf(plan);
  const silver = [join(scratch, 'silver.parquet')];
  const rules = rulesOfJob({ silver, plan, entity, given: undefined, previous: undefined });
  const db = await DuckDb.open(scratch, { memoryLimitMb: 256, threads: 1 });
  const answers = async (records: number): Promise<readonly [number, Record<string, number>]> => {
    const scans = silverAggregates(silver, records, { plan, entity, rules });
    const rows = await Promise.all(scans.map(async ({ names, statement }) => [names, await db.numbers(statement)] as const));
    return [scans.length, Object.fromEntries(rows.flatMap(([names, values]) => names.map((name, i) => [name, values[i]!])))];
  };
  const [[few, atOnce], [many, oneByOne]] = [await answers(20_000), await answers(20_001)];
  db.close();
  expect([few, many]).toEqual([1, 5]);
  expect(atOnce).toEqual(oneByOne);
  expect(atOnce).toMatchObject({ records: 3, 'distinct.patient_id': 2, 'filled.birth_date': 2 });
});

test('a list without lines is the same Parquet file the first time and ever after', async () => {
  const clean = Buffer.from(`${HEADER}a,1990-01-01,,x\n`);
  const files = ['findings.parquet', 'quarantine.parquet', 'duplicates.parquet', 'rule-findings.parquet'];
  const [first, second] = [await checked(clean), await checked(clean)];
  const db = await DuckDb.open(second.scratch, { memoryLimitMb: 256, threads: 1 });
  for (const file of files) {
    expect(await readFile(join(second.scratch, file))).toEqual(await readFile(join(first.scratch, file)));
    expect(await db.numbers(sql`SELECT count(*) FROM read_parquet(${literal(join(second.scratch, file))})`)).toEqual([0]);
  }
  db.close();
});

test('a rule of severity fatal that fails ends the job, with everything that was found, and tells no value', async () => {
  const { outcome } = await checked(
    Buffer.from(`${HEADER}secret-id,1990-01-01,,x\n`),
    'rules: [{ id: short, kind: pattern, field: patient_id, pattern: "[a-z]{1,3}", severity: fatal }]',
  );
  expect(outcome.failure).toEqual({ code: 'rules.fatal', detail: 'rules of severity fatal have failed: short: 1 of 1' });
  expect(outcome.files.map(({ kind }) => kind)).toContain('quality');
});

test('what an earlier dataset with the same columns looked like is told beside the scores, and judged by drift', async () => {
  const rules = 'rules: [{ id: filled-as-before, kind: drift, field: death_date }]';
  const before = await checked(Buffer.from(`${HEADER}a,1990-01-01,2000-01-01,x\nb,1990-01-01,2001-01-01,y\n`), rules);
  expect(before.quality.rules.find(({ id }) => id === 'filled-as-before')).toMatchObject({ status: 'not_applicable' });
  const after = await checked(Buffer.from(`${HEADER}a,1990-01-01,,x\nb,1990-01-01,,y\n`), rules, before.quality);
  expect(after.quality.previous).toMatchObject({ job_id: 'job_1', overall: before.quality.overall });
  expect(after.quality.rules.find(({ id }) => id === 'filled-as-before')).toMatchObject({
    status: 'failed',
    judged: 1,
    failed: 1,
    observed: 'The share of filled values was 1 and is 0.',
  });
  expect(await readLines(after.scratch, 'rule-findings.ndjson')).toMatchObject([
    { record: null, field: 'death_date', rule: 'filled-as-before' },
  ]);
});
