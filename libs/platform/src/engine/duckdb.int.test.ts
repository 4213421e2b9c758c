import { mkdir, mkdtemp, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { identifier, literal, sql, type Sql } from '@attune/sql';
import { DuckDb, limitsFor } from './duckdb.js';

/** Escapes from the sandbox, tried through the same settings that every attempt gets (security.md, section 4). */
describe('DuckDB of an attempt', () => {
  let folder: string;
  let scratch: string;
  let db: DuckDb;

  beforeAll(async () => {
    folder = await realpath(await mkdtemp(join(tmpdir(), 'attune-sandbox-')));
    scratch = join(folder, 'attempt');
    for (const name of ['attempt', 'other', 'attempt-of-another']) {
      await mkdir(join(folder, name));
      await writeFile(join(folder, name, 'in.csv'), 'a,b\n1,2\n');
    }
    await symlink(join(folder, 'other', 'in.csv'), join(scratch, 'link.csv'));
    await symlink(join(folder, 'other'), join(scratch, 'folder'));
    db = await DuckDb.open(scratch, { memoryLimitMb: 128, threads: 2 });
  });
  afterAll(async () => {
    db.close();
    await rm(folder, { recursive: true });
  });

  const csv = (...path: string[]): Sql => sql`SELECT count(*) FROM read_csv(${literal([folder, ...path].join('/'))})`;

  test('reads and writes inside the scratch directory work', async () => {
    expect(await db.numbers(csv('attempt', 'in.csv'))).toEqual([1]);
    await db.run(sql`COPY (SELECT 7 AS x) TO ${literal(join(scratch, 'out.parquet'))} (FORMAT parquet)`);
    expect(await db.numbers(sql`SELECT x FROM read_parquet(${literal(join(scratch, 'out.parquet'))})`)).toEqual([7]);
  });

  const escapes: readonly (readonly [string, () => Sql])[] = [
    ['another directory', () => csv('other', 'in.csv')],
    ['a directory whose name begins alike', () => csv('attempt-of-another', 'in.csv')],
    ['a path with ..', () => csv('attempt', '..', 'other', 'in.csv')],
    ['a symbolic link to a file outside', () => csv('attempt', 'link.csv')],
    ['a symbolic link to a directory outside', () => csv('attempt', 'folder', 'in.csv')],
    ['a system file', () => sql`SELECT * FROM read_text('/etc/passwd')`],
    ['the environment of the process', () => sql`SELECT * FROM read_text('/proc/self/environ')`],
    ['a pattern beyond the directory', () => sql`SELECT * FROM glob(${literal(`${folder}/*/*`)})`],
    ['http', () => sql`SELECT * FROM read_csv('http://127.0.0.1:9/x.csv')`],
    ['installing an extension', () => sql`INSTALL httpfs`],
    ['loading an extension', () => sql`LOAD httpfs`],
    ['attaching a file outside', () => sql`ATTACH ${literal(join(folder, 'other', 'x.db'))} AS ${identifier('x')}`],
    ['writing outside', () => sql`COPY (SELECT 1) TO ${literal(join(folder, 'other', 'out.csv'))}`],
    ['exporting outside', () => sql`EXPORT DATABASE ${literal(join(folder, 'other', 'export'))}`],
    ['a setting', () => sql`SET memory_limit='8GB'`],
    ['opening external access again', () => sql`SET enable_external_access=true`],
    ['another allowed directory', () => sql`SET allowed_directories=['/']`],
    ['a reset', () => sql`RESET enable_external_access`],
    ['the environment by function', () => sql`SELECT getenv('PATH')`],
  ];

  test.each(escapes)('%s is refused', async (_name, statement) => {
    await expect(db.run(statement())).rejects.toMatchObject({ code: 'engine.failed' });
  });

  test('an error never quotes the value that caused it', async () => {
    const refused = db.run(sql`SELECT CAST(${literal('Ilka Brockmann')} AS DATE)`);
    await expect(refused).rejects.toThrow('DuckDB reports an error of kind Conversion');
    await expect(refused).rejects.not.toThrow('Ilka');
  });

  test('wide tables get the memory that their writers account for, usual ones do not', () => {
    expect(limitsFor({ memoryLimitMb: 256, threads: 2 }, 31)).toEqual({ memoryLimitMb: 256, threads: 2 });
    expect(limitsFor({ memoryLimitMb: 256, threads: 2 }, 4126)).toEqual({ memoryLimitMb: 8252, threads: 1 });
  });
});
