import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DuckDBInstance, type DuckDBConnection } from '@duckdb/node-api';
import fc from 'fast-check';
import { identifier, join as joined, literal, sql } from '@attune/sql';
import { csvHeader } from './csv/csv-header.js';
import { csv } from './csv/csv.output.js';
import { beginsFormula } from './spreadsheet-text.js';

const STARTERS = '=+\\-@\\t\\r\\u3000\\uff1d\\uff0b\\uff0d\\uff20';
/** What docs/how-to-outputs.md tells a reader to do. */
const undone = (text: string): string => (new RegExp(`^'+[${STARTERS}]`).test(text) ? text.slice(1) : text);

describe('texts in files for spreadsheets', () => {
  let folder: string;
  let db: DuckDBConnection;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'attune-formulas-'));
    db = await (await DuckDBInstance.create(':memory:')).connect();
  });
  afterAll(async () => {
    db.closeSync();
    await rm(folder, { recursive: true });
  });

  let made = 0;
  /** The texts as they stand in the CSV, written as a column of text beside a typed one. */
  async function written(texts: readonly string[], defuseFormulas = true): Promise<string[]> {
    const silver = join(folder, `${made++}.parquet`);
    const target = join(folder, `${made++}.csv`);
    const rows = joined(texts.map((text, i) => sql`(${literal(text)}, ${literal(-i)})`));
    await db.run(sql`COPY (SELECT * FROM (VALUES ${rows}) t("note", "cents")) TO ${literal(silver)} (FORMAT parquet)`.text);
    const columns = [
      { name: 'note', isText: true },
      { name: 'cents', isText: false },
    ];
    await db.run(csv.copy([silver], target, columns, { defuseFormulas, partitionBy: [] }).text);
    const lines = [...(await readFile(target, 'utf8')).matchAll(/(?:"((?:[^"]|"")*)"|([^,"\n]*)),(-?\d+)\n/g)];
    expect(lines.map(([, , , cents]) => Number(cents))).toEqual(texts.map((_, i) => (i === 0 ? 0 : -i)));
    return lines.map(([, quoted, plain]) => quoted?.replaceAll('""', '"') ?? plain ?? '');
  }

  test.each([
    ["=cmd|' /C calc'!A0", "'=cmd|' /C calc'!A0"],
    ['@SUM(1)', "'@SUM(1)"],
    ['+1-2', "'+1-2"],
    ['-2+3', "'-2+3"],
    ['\t=1', "'\t=1"],
    ['\r=1', "'\r=1"],
    ['＝1', "'＝1"],
    ["'=1", "''=1"],
    ["'tis", "'tis"],
    ['+14155550123', '+14155550123'],
    ['-12.50', '-12.50'],
    ['-', '-'],
    ['--', "'--"],
    ['a=1', 'a=1'],
    ['', ''],
  ])('%j is written as %j', async (text, expected) => {
    expect(await written(['', text])).toEqual(['', expected]);
    expect(await written(['', text], false)).toEqual(['', text]);
  });

  test('taking one apostrophe away gives back every text, and nothing that is written begins a formula', async () => {
    const sign = fc.constantFrom(...'=+-@\t\r＝＋－＠', "'", '1', 'a', '.', ' ');
    const text = fc.array(sign, { minLength: 1, maxLength: 6 }).map((signs) => signs.join(''));
    await fc.assert(
      fc.asyncProperty(fc.array(text, { minLength: 1, maxLength: 100 }), async (texts) => {
        const found = await written(texts);
        const bytes = texts.map((one) => Buffer.from(one));
        expect(bytes.map((one) => beginsFormula(one, 0, one.length))).toEqual(found.map((one, i) => one !== texts[i]));
        expect(found.map(undone)).toEqual(texts);
        const dangerous = found.filter((one) => new RegExp(`^[${STARTERS}]`).test(one) && !/^[+-]?(\d+(\.\d+)?)?$/.test(one));
        expect(dangerous).toEqual([]);
      }),
      { numRuns: 20 },
    );
  });

  test('a header of our own is the one that is written', async () => {
    const name = fc.string({ unit: fc.constantFrom(...'ab",\n\r#\'=;\t é', '\u{1f600}'), minLength: 1, maxLength: 5 });
    await fc.assert(
      fc.asyncProperty(fc.uniqueArray(name, { minLength: 1, maxLength: 40, selector: (one) => one.toLowerCase() }), async (names) => {
        const silver = join(folder, `${made++}.parquet`);
        const target = join(folder, `${made++}.csv`);
        const values = joined(names.map((one) => sql`1 AS ${identifier(one)}`));
        await db.run(sql`COPY (SELECT ${values} WHERE false) TO ${literal(silver)} (FORMAT parquet)`.text);
        const columns = names.map((one) => ({ name: one, isText: false }));
        await db.run(csv.copy([silver], target, columns, { defuseFormulas: true, partitionBy: [] }).text);
        expect(csvHeader(names)).toBe(await readFile(target, 'utf8'));
      }),
      { numRuns: 50 },
    );
  });
});
