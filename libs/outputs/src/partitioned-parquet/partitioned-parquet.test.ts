import { mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DuckDBInstance, type DuckDBConnection } from '@duckdb/node-api';
import { literal, sql, type Sql } from '@attune/sql';
import { partitionedParquet } from './partitioned-parquet.output.js';

const COLUMNS = ['id', 'state', 'flag'].map((name) => ({ name, isText: name === 'state' }));

describe('partitioned Parquet', () => {
  let folder: string;
  let db: DuckDBConnection;
  let made = 0;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'attune-parts-'));
    db = await (await DuckDBInstance.create(':memory:', { threads: '1' })).connect();
  });
  afterAll(async () => {
    db.closeSync();
    await rm(folder, { recursive: true });
  });

  async function silverOf(rows: Sql): Promise<string> {
    const path = join(folder, `silver-${made++}.parquet`);
    await db.run(sql`COPY (${rows}) TO ${literal(path)} (FORMAT parquet)`.text);
    return path;
  }

  /** Files by path, as they are put into the zip. */
  async function written(silver: string, partitionBy: readonly string[]): Promise<Map<string, Buffer>> {
    const target = join(folder, `out-${made++}`);
    const { question, copies } = partitionedParquet.folder([silver], COLUMNS, { defuseFormulas: true, partitionBy });
    const answer = question === undefined ? [] : (await db.runAndReadAll(question.text)).getRowsJson();
    for (const { folder: path, copy } of copies(answer as (string | null)[][])) {
      await mkdir(join(target, path), { recursive: true });
      await db.run(copy(join(target, path)).text);
    }
    const paths = (await readdir(target, { recursive: true })).filter((path) => path.endsWith('.parquet')).sort();
    return new Map(await Promise.all(paths.map(async (path) => [path, await readFile(join(target, path))] as const)));
  }

  const people = sql`SELECT i AS id, CASE WHEN i % 5 = 0 THEN NULL WHEN i % 5 = 1 THEN 'a/b =c' ELSE 'TX' END AS state, i % 2 = 0 AS flag FROM range(20000) t(i)`;

  test('rows lie in folders by their values, in order, and are all there', async () => {
    const silver = await silverOf(people);
    const files = await written(silver, ['state']);
    expect([...files.keys()]).toEqual([
      'state=TX/part-0.parquet',
      'state=__HIVE_DEFAULT_PARTITION__/part-0.parquet',
      'state=a%2Fb%20%3Dc/part-0.parquet',
    ]);
    const target = join(folder, `out-${made - 1}`);
    const same = sql`SELECT count(*) FROM (SELECT id, state, flag FROM read_parquet(${literal(`${target}/*/*.parquet`)}, hive_partitioning=true) INTERSECT SELECT * FROM read_parquet(${literal(silver)}))`;
    expect((await db.runAndReadAll(same.text)).getRowsJson()).toEqual([['20000']]);
    const inOrder = sql`SELECT bool_and(id > before) FROM (SELECT id, lag(id) OVER (ORDER BY file_row_number) AS before FROM read_parquet(${literal(`${target}/state=TX/part-0.parquet`)}, file_row_number=true)) WHERE before IS NOT NULL`;
    expect((await db.runAndReadAll(inOrder.text)).getRowsJson()).toEqual([[true]]);
  });

  test('the same result gives the same files', async () => {
    const silver = await silverOf(people);
    for (const by of [['state'], ['flag', 'state'], []]) expect(await written(silver, by)).toEqual(await written(silver, by));
  });

  test('without columns to part by, files follow each other and none holds more than eight row groups', async () => {
    const silver = await silverOf(sql`SELECT i AS id, 'x' AS state, true AS flag FROM range(1000000) t(i)`);
    const files = await written(silver, []);
    expect([...files.keys()]).toEqual(['part-0.parquet', 'part-1.parquet']);
    const target = join(folder, `out-${made - 1}`);
    const rows = sql`SELECT count(*), min(id), max(id) FROM read_parquet(${literal(join(target, 'part-0.parquet'))})`;
    expect((await db.runAndReadAll(rows.text)).getRowsJson()).toEqual([['983040', '0', '983039']]);
  });

  test('a column with too many or too long values, or none of the result, is refused before anything is written', async () => {
    const judged = async (by: readonly string[], rows: Sql): Promise<unknown> => written(await silverOf(rows), by);
    await expect(judged(['id'], people)).rejects.toThrow('into more than 256 folders');
    await expect(judged(['state'], sql`SELECT 1 AS id, repeat('x', 65) AS state, true AS flag`)).rejects.toThrow('more than 64 characters');
    await expect(judged(['height'], people)).rejects.toThrow('names height, which is no column');
  });
});
