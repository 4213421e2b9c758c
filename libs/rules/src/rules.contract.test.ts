import { DuckDBInstance, type DuckDBConnection } from '@duckdb/node-api';
import type { ValueType } from '@attune/core';
import { identifier, join, literal, sql, type Sql } from '@attune/sql';
import type { RecordCheck, RuleContext, RuleExample } from './define-rule.js';
import { ruleKinds } from './registry.js';
import { readRule } from './rule-set.js';

const STORED: Readonly<Record<ValueType, Sql>> = {
  text: sql`VARCHAR`,
  decimal: sql`VARCHAR`,
  timestamp: sql`VARCHAR`,
  date: sql`DATE`,
  boolean: sql`BOOLEAN`,
  integer: sql`BIGINT`,
  money: sql`BIGINT`,
};

const cases = ruleKinds.flatMap(({ kind, examples }) => examples.map((example, i) => [kind, i + 1, example] as const));

describe('rules', () => {
  let db: DuckDBConnection;
  beforeAll(async () => {
    db = await (await DuckDBInstance.create(':memory:')).connect();
  });
  afterAll(() => db.closeSync());

  const rows = async (statement: Sql): Promise<unknown[][]> => (await db.runAndReadAll(statement.text)).getRows();

  /** The records of an example as a result. */
  async function contextOf({ types, records, previous }: RuleExample): Promise<RuleContext> {
    const columns = Object.entries(types);
    const values = records.map((record, i) => sql`(${join([literal(i + 1), ...record.map(literal)])})`);
    const typed = columns.map(([name, type]) => sql`CAST(${identifier(name)} AS ${STORED[type]}) AS ${identifier(name)}`);
    const names = join([sql`_record`, ...columns.map(([name]) => identifier(name))]);
    await db.run(sql`CREATE OR REPLACE TABLE silver AS SELECT _record, ${join(typed)} FROM (VALUES ${join(values)}) v(${names})`.text);
    return {
      silver: sql`silver`,
      types: new Map(columns),
      receivedAt: '2025-01-01T12:00:00Z',
      ...(previous ? { previous: new Map(Object.entries(previous)) } : {}),
    };
  }

  test.each(cases)('%s, example %i: exactly the records that are said to fail do', async (kind, _i, example) => {
    const rule = readRule({ id: 'example', kind, ...example.rule });
    const check = rule.compile(await contextOf(example));
    if (check.scope === 'none') throw new Error(check.reason);
    if (check.scope === 'record') {
      const failing = sql`SELECT _record, ${check.value} FROM silver WHERE (${check.judged}) AND (${check.failed}) ORDER BY _record`;
      expect((await rows(failing)).map(([record]) => Number(record))).toEqual(example.fails);
      return;
    }
    const names = Object.keys(check.measures);
    const [measured] = await rows(sql`SELECT ${join(names.map((name) => check.measures[name]!))} FROM silver`);
    const verdict = check.decide(Object.fromEntries(names.map((name, i) => [name, Number(measured![i])])));
    expect(verdict?.failed).toBe(example.fails.length > 0);
  });

  test.each(ruleKinds.map((kind) => [kind.kind, kind] as const))(
    '%s has a case that fails and one that passes, a sentence and a hint',
    (_, { kind, examples }) => {
      expect(examples.some(({ fails }) => fails.length > 0)).toBe(true);
      expect(examples.some(({ fails, records }) => fails.length < records.length)).toBe(true);
      for (const { rule } of examples) {
        const read = readRule({ id: 'example', kind, ...rule });
        expect(read.message).toMatch(/^\S.*\.$/);
        expect(read.fix).toMatch(/^\S.*\.$/);
        expect(read.fields.length).toBeGreaterThan(0);
      }
    },
  );

  test.each(ruleKinds.map((kind) => [kind.kind, kind] as const))(
    '%s judges nothing where nothing is mapped, or no record is',
    async (_, kind) => {
      for (const example of kind.examples) {
        const rule = readRule({ id: 'example', kind: kind.kind, ...example.rule });
        const context = await contextOf(example);
        expect(rule.compile({ ...context, types: new Map() })).toMatchObject({ scope: 'none' });
        await db.run('DELETE FROM silver');
        const check = rule.compile(context);
        if (check.scope === 'record') expect(await rows(sql`SELECT count(*) FILTER (WHERE ${check.judged}) FROM silver`)).toEqual([[0n]]);
        if (check.scope === 'dataset') {
          const names = Object.keys(check.measures);
          const [measured] = await rows(sql`SELECT ${join(names.map((name) => check.measures[name]!))} FROM silver`);
          expect(check.decide(Object.fromEntries(names.map((name, i) => [name, Number(measured![i])])))).toBeUndefined();
        }
      }
    },
  );

  test('no text of a document gets out of its place in the statement', async () => {
    const hostile = [`x' OR true --`, `"; DROP TABLE silver; --`, `\\`, `'`, `$$`];
    const example: RuleExample = { rule: {}, types: { [`a"b'c`]: 'text' }, records: [['x'], [null]], fails: [] };
    const context = await contextOf(example);
    const check = readRule({ id: 'r', kind: 'value-set', field: `a"b'c`, values: hostile }).compile(context) as RecordCheck;
    expect(await rows(sql`SELECT _record FROM silver WHERE (${check.judged}) AND (${check.failed})`)).toEqual([[1]]);
  });
});
