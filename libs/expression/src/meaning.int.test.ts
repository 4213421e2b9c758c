import { DuckDBInstance, type DuckDBConnection } from '@duckdb/node-api';
import type { ValueType } from '@attune/core';
import { identifier, join, literal, sql, type Sql } from '@attune/sql';
import fc from 'fast-check';
import { compileToBytes } from './bytes/compile-to-bytes.js';
import { parseColumnExpression } from './column-expression.js';
import { expressionOf, hostileText, HOSTILE_TEXTS, type References } from './expressions.fixture.js';
import { MAX_CHARACTERS } from './limits.js';
import { referenceText, type Value } from './reference.fixture.js';
import { parseRuleExpression, ruleSql } from './rule-expression.js';
import { compileToSql } from './sql/compile-to-sql.js';
import { dayNumber } from './syntax/calendar.js';
import { printExpression } from './syntax/print-expression.js';
import { FUNCTIONS } from './typed/functions.js';
import type { CheckedExpression } from './typed/typed.js';

const NOW = '2026-02-28T23:59:59Z';
const COLUMNS = [
  { ordinal: 0, name: 'a' },
  { ordinal: 3, name: 'b c]' },
  { ordinal: 9, name: 'd' },
];

/** The expression whatever its type, as text. */
const textSql = (checked: CheckedExpression, column: (name: string) => Sql): Sql =>
  compileToSql(
    { ...checked, root: { kind: 'operation', type: 'text', at: 0, operation: 'to_text', args: [checked.root] } },
    NOW,
    ({ name }) => column(name),
  );

function bytesText(
  checked: CheckedExpression,
  records: readonly (readonly (string | null)[])[],
): { text: string | null; failed: boolean }[] {
  const expression = compileToBytes(checked, NOW);
  return records.map((record) => {
    record.forEach((value, i) => {
      const bytes = Buffer.from(`<${value ?? ''}>`);
      expression.give(i, bytes, 1, bytes.length - 1);
    });
    const text = expression.run() ? Buffer.from(expression.buf.subarray(expression.start, expression.end)).toString() : null;
    return { text, failed: expression.failed };
  });
}

describe('an expression means the same in bytes, in SQL and in its reference', () => {
  let db: DuckDBConnection;
  beforeAll(async () => {
    db = await (await DuckDBInstance.create(':memory:')).connect();
    await db.run('SET max_expression_depth=1000');
  });
  afterAll(() => db.closeSync());

  async function answers(expressions: readonly Sql[], table: string): Promise<unknown[][]> {
    const list = join(expressions);
    return (await db.runAndReadAll(sql`SELECT ${list} FROM ${identifier(table)} ORDER BY "_row"`.text)).getRowsJson();
  }

  test('every example of every function', async () => {
    for (const { examples } of FUNCTIONS)
      for (const [text, gives] of examples) {
        const { checked } = parseColumnExpression(text, []);
        expect([text, referenceText(checked, [], NOW.slice(0, 10)).text]).toEqual([text, gives]);
        expect([text, bytesText(checked, [[]])[0]!.text]).toEqual([text, gives]);
        const [row] = (await db.runAndReadAll(sql`SELECT ${textSql(checked, identifier)}`.text)).getRowsJson();
        expect([text, row]).toEqual([text, [gives]]);
      }
  });

  test('generated expressions over hostile texts', async () => {
    const records = fc.sample(fc.tuple(hostileText, hostileText, hostileText), { numRuns: 120, seed: 7 });
    HOSTILE_TEXTS.forEach((text, i) =>
      records.push([text, HOSTILE_TEXTS[(i * 7) % HOSTILE_TEXTS.length]!, HOSTILE_TEXTS[(i * 5) % HOSTILE_TEXTS.length]!]),
    );
    const values = records.map((record, i) => sql`(${literal(i)}, ${join(record.map((text) => textOrNull(text)))})`);
    await db.run(sql`CREATE TABLE texts AS SELECT * FROM (VALUES ${join(values)}) t("_row", "a", "b c]", "d")`.text);
    const references: References = { text: COLUMNS.map(({ name }) => ({ kind: 'column', at: 0, name })) };
    const types = ['text', 'integer', 'decimal', 'boolean', 'date'] as const;
    const trees = fc.sample(
      fc.constantFrom(...types).chain((type) => expressionOf(type, 3, references)),
      { numRuns: 120, seed: 8 },
    );
    const texts = trees.map(printExpression).filter((text) => text.length <= MAX_CHARACTERS);
    expect(texts.length).toBeGreaterThan(110);
    let some = 0;
    for (let from = 0; from < texts.length; from += 25) {
      const parsed = texts.slice(from, from + 25).map((text) => parseColumnExpression(text, COLUMNS));
      const rows = await answers(
        parsed.map(({ checked }) => sql`hex(${textSql(checked, identifier)})`),
        'texts',
      );
      parsed.forEach(({ text, columns, checked }, i) => {
        const own = records.map((record) =>
          columns.map(({ name }) => record[COLUMNS.findIndex((column) => column.name === name)]! || null),
        );
        const expected = own.map((record) => referenceText(checked, record, NOW.slice(0, 10)));
        expect([text, bytesText(checked, own)]).toEqual([text, expected]);
        expect([text, rows.map((row) => row[i])]).toEqual([text, expected.map((one) => hexOf(one.text))]);
        some += expected.filter((one) => one.text !== null).length;
      });
    }
    expect(some / texts.length / records.length).toBeGreaterThan(0.2);
  });

  test('generated rules over typed fields, null where they cannot be judged', async () => {
    const fields = new Map<string, ValueType>([
      ...([
        ['t', 'text'],
        ['n', 'integer'],
        ['x', 'decimal'],
        ['m', 'money'],
        ['f', 'boolean'],
        ['d', 'date'],
        ['s', 'timestamp'],
      ] as const),
    ]);
    const records: Value[][] = TYPED_RECORDS.map(([t, n, x, m, f, d, s]) => [
      t,
      within(n),
      decimal(x),
      m === null ? null : within(m * 10_000n),
      f,
      d === null ? null : daysOf(d),
      s,
    ]);
    const rows = TYPED_RECORDS.map(
      ([t, n, x, m, f, d, s], i) =>
        sql`(${literal(i)}, ${join([literal(t), bigint(n), literal(x), bigint(m), sql`CAST(${literal(f)} AS BOOLEAN)`, sql`CAST(${literal(d)} AS DATE)`, literal(s)])})`,
    );
    await db.run(sql`CREATE TABLE silver AS SELECT * FROM (VALUES ${join(rows)}) v("_row", "t", "n", "x", "m", "f", "d", "s")`.text);
    const field = (name: string) => ({ kind: 'field', at: 0, name }) as const;
    const references: References = {
      text: [field('t')],
      integer: [field('n')],
      decimal: [field('x'), field('m')],
      boolean: [field('f')],
      date: [field('d')],
      timestamp: [field('s')],
    };
    const texts = fc.sample(expressionOf('boolean', 3, references), { numRuns: 250, seed: 9 }).map(printExpression);
    for (let from = 0; from < texts.length; from += 25) {
      const rules = texts.slice(from, from + 25).map((text) => parseRuleExpression(text, fields));
      const answered = await answers(
        rules.map((rule) => ruleSql(rule, NOW)),
        'silver',
      );
      rules.forEach(({ text, checked }, i) => {
        const names = [...fields.keys()];
        const expected = records.map(
          (record) =>
            referenceText(
              checked,
              checked.references.map(({ name }) => record[names.indexOf(name)]!),
              NOW.slice(0, 10),
            ).text,
        );
        expect([text, answered.map((row) => (typeof row[i] === 'boolean' ? String(row[i]) : null))]).toEqual([text, expected]);
      });
    }
  });

  test('a part is written down once, however deep it is nested', () => {
    const deep = (open: string, close: string): string => `${open.repeat(20)}[a]${close.repeat(20)}`;
    for (const [open, close] of [
      ['pad_left(', ', 9, "0")'],
      ['text(number(', ' ) / 3)'.replace(' )', '')],
      ['trim(', ')'],
    ] as const) {
      const text = open.startsWith('text') ? nestedDivision(20) : deep(open, close);
      expect(compileToSql(parseColumnExpression(text, COLUMNS).checked, NOW, ({ name }) => identifier(name)).text.length).toBeLessThan(
        12_000,
      );
    }
  });
});

/** The driver's own decoder of texts drops a byte order mark. */
const hexOf = (text: string | null): string | null => (text === null ? null : Buffer.from(text).toString('hex').toUpperCase());

const nestedDivision = (levels: number): string => `${'('.repeat(levels)}number([a])${' / 3)'.repeat(levels)}`;

/** SQL text holds no NUL, so it is made of its code. */
function textOrNull(text: string): Sql {
  if (text === '') return sql`NULL`;
  return sql`concat(${join(text.split('\0').flatMap((piece, i) => (i === 0 ? [literal(piece)] : [sql`chr(0)`, literal(piece)])))})`;
}

const bigint = (value: bigint | null): Sql => (value === null ? sql`CAST(NULL AS BIGINT)` : sql`CAST(${literal(String(value))} AS BIGINT)`);
const within = (value: bigint | null): bigint | null =>
  value !== null && (value > 999_999_999_999_999n || value < -999_999_999_999_999n) ? null : value;

/** Of texts of at most seven decimals. */
function decimal(text: string | null): bigint | null {
  if (text === null) return null;
  const [whole = '', fraction = ''] = text.replace('-', '').split('.');
  const size = (BigInt(whole + fraction.padEnd(7, '0')) + 5n) / 10n;
  return within(text.startsWith('-') ? -size : size);
}

function daysOf(date: string): bigint {
  const [year, month, day] = date.split('-').map(Number);
  return BigInt(dayNumber(year!, month!, day!));
}

type TypedRecord = readonly [string | null, bigint | null, string | null, bigint | null, boolean | null, string | null, string | null];
const TYPED_RECORDS: readonly TypedRecord[] = [
  ['Ada', 7n, '12.5', 1999n, true, '1987-03-09', '1987-03-09T10:00:00+01:00'],
  [null, null, null, null, null, null, null],
  ["O'Neil", -20n, '-0.0000005', -1n, false, '2004-02-29', '2020-01-31'],
  ['ß', 9_007_199_254_740_993n, '999999999.9999995', 99_999_999_999n, true, '0001-01-01', '2020'],
  ['2020-01-31', 999_999_999_999_999n, '1000000000', 9_223_372_036_854_775_807n, false, '9999-12-31', '2020-01'],
  ['12', 0n, '0', 0n, true, '2026-02-28', '9999-12-31T23:59:59Z'],
  [' ', 1n, '3.1234567', 100n, null, '1900-01-01', 'x'],
  ['aaa', 1_000_000_000n, '-999999999.999999', -99_999_999_999n, false, null, '2020-02-30'],
];
