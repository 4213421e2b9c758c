import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { compileStandardizer, findStandardizer, standardizers } from '@attune/standardize';
import { Generation, generators } from '@attune/synth';
import { Oracle, suggestedPlan } from './oracle.fixture.js';

const corpus = process.env['TEST_CORPUS'];
const present = corpus !== undefined && existsSync(corpus);
/** `TEST_FULL=1` takes the tables of the corpus whole, and all of them. */
const FULL = process.env['TEST_FULL'] === '1';
const ROWS = Number(process.env['TEST_ORACLE_ROWS'] ?? (FULL ? 1_000_000 : 10_000));
const TABLE_BYTES = FULL ? Infinity : 1 << 18;
const EACH_TABLE = FULL ? 1 : 3;
jest.setTimeout(900_000);

/** Figures of a run, for whoever asked for them. */
function report(figures: object): void {
  if (process.env['TEST_REPORT']) console.log(JSON.stringify(figures));
}

test.each(generators.map((generator) => [generator.name, generator] as const))(
  'every value of generated %s is what the reference of its standardizer says, finding by finding',
  (name, generator) => {
    const generation = new Generation(generator, { records: ROWS, seed: 4, format: 'csv', hostileShare: 0.01 });
    let rest = Buffer.alloc(0);
    let oracle: Oracle | undefined;
    for (const { bytes } of generation) {
      const text = Buffer.concat([rest, bytes]);
      if (oracle === undefined) {
        const { plan, entity } = suggestedPlan(text, `${name}.csv`)!;
        expect(plan.mapping.entity).toBe(generator.entity);
        oracle = new Oracle(plan, entity);
      }
      rest = Buffer.from(text.subarray(oracle.read(text, false)));
    }
    oracle!.read(rest, true);
    const { compared } = oracle!;
    report({ generated: name, ...compared });
    expect(compared.records).toBeGreaterThan(ROWS * 0.98);
    expect(compared.values).toBeGreaterThan(ROWS * 10);
    expect(compared.findings).toBeGreaterThan(ROWS / 10);
  },
);

/** Whole lines, but for a quoted field that goes over several. */
const headOf = (bytes: Buffer): Buffer =>
  bytes.length <= TABLE_BYTES ? bytes : bytes.subarray(0, bytes.lastIndexOf(0x0a, TABLE_BYTES) + 1);

/** Delimited tables by their names; what begins like a message or a document is none. */
function tablesOf(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.(?:csv|tsv|psv|txt)$/.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((path) => !/^(?:ISA|MSH|FHS|BHS|[<{[])/.test(readFileSync(path).subarray(0, 8).toString('latin1').trim()))
    .sort();
}

(present ? test : test.skip)('every value of every table of the corpus is what the reference of its standardizer says', () => {
  const total = { tables: 0, without_fields: 0, records: 0, values: 0, findings: 0 };
  for (const path of tablesOf(corpus!).filter((_, i) => i % EACH_TABLE === 0)) {
    const bytes = headOf(readFileSync(path));
    const suggested = bytes.length === 0 ? undefined : suggestedPlan(bytes, path.split('/').at(-1)!);
    if (suggested === undefined) {
      total.without_fields++;
      continue;
    }
    const oracle = new Oracle(suggested.plan, suggested.entity);
    oracle.read(bytes, true);
    total.tables++;
    total.records += oracle.compared.records;
    total.values += oracle.compared.values;
    total.findings += oracle.compared.findings;
  }
  report(total);
  expect(total.tables).toBeGreaterThan(FULL ? 50 : 25);
  expect(total.values).toBeGreaterThan(FULL ? 100_000 : 15_000);
});

const MOST_VALUES = FULL ? 60_000 : 12_000;
const LONGEST_VALUE = 120;

(present ? test : test.skip)(
  'each standardizer reads the different values of the corpus as its reference does, whatever their column',
  () => {
    const values = new Set<string>();
    for (const path of tablesOf(corpus!)) {
      // Any cut gives values; every table gets its share.
      const parts = readFileSync(path)
        .subarray(0, 65_536)
        .toString('utf8')
        .split(/[,|\t\r\n"]+/);
      for (const part of parts) {
        const value = part.replace(/[\u0000-\u001f\u007f-\u009f]/g, '').trim();
        if (value !== '' && value.length <= LONGEST_VALUE && values.size < MOST_VALUES) values.add(value);
      }
    }
    const out = Buffer.alloc(4096);
    const differing: string[] = [];
    for (const { name } of standardizers) {
      const { kernel, findings } = compileStandardizer(name, {});
      const { reference } = findStandardizer(name)!;
      for (const value of values) {
        const bytes = Buffer.from(value);
        const end = kernel(bytes, 0, bytes.length, out, 0);
        const found = end < 0 ? { finding: findings[-1 - end] } : { value: out.toString('utf8', 0, end) };
        if (JSON.stringify(found) !== JSON.stringify(reference(value, {}))) differing.push(`${name}: ${value}`);
      }
    }
    report({ different_values: values.size, standardizers: standardizers.length });
    expect(differing).toEqual([]);
    expect(values.size).toBeGreaterThan(10_000);
  },
);
