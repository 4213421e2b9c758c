import { DuckDBInstance, type DuckDBConnection } from '@duckdb/node-api';
import fc from 'fast-check';
import { columnTypes, identifier, join, literal, sql, textList, type Sql } from './index.js';

const text = fc.string({ unit: 'grapheme', maxLength: 40 }).filter((value) => !value.includes('\0'));

describe('sql', () => {
  let db: DuckDBConnection;
  beforeAll(async () => {
    db = await (await DuckDBInstance.create(':memory:')).connect();
  });
  afterAll(() => db.closeSync());
  const only = async (statement: Sql): Promise<unknown> => (await db.runAndReadAll(statement.text)).getRows()[0]![0];

  test('a literal comes back from the database as it was, whatever it holds', async () => {
    for (const value of ["O'Brien", "'; DROP TABLE x; --", '\\', 'a\nb', '"', 'é', '']) {
      expect(await only(sql`SELECT ${literal(value)}`)).toBe(value);
    }
    await fc.assert(
      fc.asyncProperty(text, async (value) => expect(await only(sql`SELECT ${literal(value)}`)).toBe(value)),
      { numRuns: 200 },
    );
  });

  test('an identifier names exactly one column, whatever it holds', async () => {
    const name = fc.string({ minLength: 1, maxLength: 20 }).filter((value) => !value.includes('\0'));
    await fc.assert(
      fc.asyncProperty(name, async (value) => {
        const reply = await db.runAndReadAll(sql`SELECT 1 AS ${identifier(value)}`.text);
        expect(reply.columnNames()).toEqual([value]);
      }),
      { numRuns: 200 },
    );
  });

  test('numbers, truth values and null are written plainly', () => {
    expect(sql`${literal(-1.5)} ${literal(true)} ${literal(null)}`.text).toBe('-1.5 true NULL');
  });

  test('a part that is no Sql is refused, even when the compiler was deceived', () => {
    expect(() => sql`SELECT ${'1; DROP TABLE x' as unknown as Sql}`).toThrow(TypeError);
    expect(() => sql`SELECT ${{ text: 'x' } as unknown as Sql}`).toThrow(TypeError);
  });

  test('NUL, empty identifiers and numbers that are not finite are refused', () => {
    expect(() => literal('a\0b')).toThrow(TypeError);
    expect(() => identifier('a\0b')).toThrow(TypeError);
    expect(() => identifier('')).toThrow(TypeError);
    expect(() => literal(Number.NaN)).toThrow(TypeError);
  });

  test('lists and structs quote each of their parts', () => {
    expect(textList(["a'b", 'c']).text).toBe("['a''b', 'c']");
    expect(columnTypes([{ name: "it's", type: 'DATE' }]).text).toBe("{'it''s': 'DATE'}");
    expect(join([identifier('a'), identifier('b"')], sql` AND `).text).toBe('"a" AND "b"""');
  });
});
