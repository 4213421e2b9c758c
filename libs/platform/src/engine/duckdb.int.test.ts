import { mkdir, mkdtemp, readdir, readFile, realpath, rm, symlink, writeFile } from 'node:fs/promises';
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
    await db.run(sql`CREATE TABLE given (a VARCHAR, b VARCHAR)`);
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

  /** What DuckDB says of it: by name where the path or the setting is refused, otherwise that there is no such thing. */
  type Reason = 'Permission' | 'Invalid Input' | 'Catalog' | 'Binder' | 'IO' | 'Parser' | 'Invalid Configuration' | 'Not implemented';
  const outside = (...path: string[]): Sql => literal([folder, ...path].join('/'));

  const escapes: readonly (readonly [string, Reason, () => Sql])[] = [
    ['another directory', 'Permission', () => csv('other', 'in.csv')],
    ['a directory whose name begins alike', 'Permission', () => csv('attempt-of-another', 'in.csv')],
    ['a path with ..', 'Permission', () => csv('attempt', '..', 'other', 'in.csv')],
    ['a path with .. behind directories that are not there', 'Permission', () => csv('attempt', 'x', '..', '..', 'other', 'in.csv')],
    ['a path relative to the process', 'Permission', () => sql`SELECT * FROM read_text('package.json')`],
    ['a symbolic link to a file outside', 'Permission', () => csv('attempt', 'link.csv')],
    ['a symbolic link to a directory outside', 'Permission', () => csv('attempt', 'folder', 'in.csv')],
    [
      'writing through a symbolic link to a directory',
      'Permission',
      () => sql`COPY (SELECT 1) TO ${outside('attempt', 'folder', 'out.csv')}`,
    ],
    ['writing through a symbolic link to a file', 'Permission', () => sql`COPY (SELECT 1) TO ${outside('attempt', 'link.csv')}`],
    ['a system file', 'Permission', () => sql`SELECT * FROM read_text('/etc/passwd')`],
    ['a system file as bytes', 'Permission', () => sql`SELECT * FROM read_blob('/etc/passwd')`],
    ['a system file as JSON', 'Permission', () => sql`SELECT * FROM read_json('/etc/passwd')`],
    ['a system file as Parquet', 'Permission', () => sql`SELECT * FROM read_parquet('/etc/passwd')`],
    ['a file by its name as a table', 'Permission', () => sql`SELECT * FROM ${identifier('/etc/passwd.csv')}`],
    ['a file by its URL', 'Permission', () => sql`SELECT * FROM read_text('file:///etc/passwd')`],
    ['the environment of the process', 'Permission', () => sql`SELECT * FROM read_text('/proc/self/environ')`],
    ['the memory of the process', 'Permission', () => sql`SELECT * FROM read_blob('/proc/self/mem')`],
    ['an open file of the process', 'Permission', () => sql`SELECT * FROM read_blob('/proc/self/fd/3')`],
    ['the root of the process', 'Permission', () => sql`SELECT * FROM read_text('/proc/self/root/etc/passwd')`],
    ['standard input', 'Permission', () => sql`SELECT * FROM read_csv('/dev/stdin')`],
    ['a pattern beyond the directory', 'Permission', () => sql`SELECT * FROM glob(${outside('*', '*')})`],
    ['a pattern of everything', 'Permission', () => sql`SELECT * FROM glob('/**')`],
    ['metadata of a file outside', 'Permission', () => sql`SELECT * FROM parquet_metadata('/etc/passwd')`],
    ['the dialect of a file outside', 'Permission', () => sql`SELECT * FROM sniff_csv('/etc/passwd')`],
    ['http', 'Permission', () => sql`SELECT * FROM read_csv('http://127.0.0.1:9/x.csv')`],
    ['https', 'Permission', () => sql`SELECT * FROM read_parquet('https://127.0.0.1:9/x.parquet')`],
    ['s3', 'Permission', () => sql`SELECT * FROM read_csv('s3://bucket/x.csv')`],
    ['writing to s3', 'Permission', () => sql`COPY (SELECT 1) TO 's3://bucket/x.csv'`],
    ['installing an extension', 'Permission', () => sql`INSTALL httpfs`],
    ['installing an extension from an address', 'Permission', () => sql`INSTALL httpfs FROM 'http://127.0.0.1:9'`],
    ['installing an extension by force', 'Permission', () => sql`FORCE INSTALL httpfs`],
    ['loading an extension', 'Permission', () => sql`LOAD httpfs`],
    ['loading an extension from a file inside', 'Permission', () => sql`LOAD ${outside('attempt', 'x.duckdb_extension')}`],
    ['the list of extensions', 'Permission', () => sql`SELECT * FROM duckdb_extensions()`],
    ['attaching a file outside', 'Permission', () => sql`ATTACH ${outside('other', 'x.db')} AS ${identifier('x')}`],
    ['attaching another database', 'Permission', () => sql`ATTACH 'host=127.0.0.1' AS ${identifier('pg')} (TYPE postgres)`],
    ['writing outside', 'Permission', () => sql`COPY (SELECT 1) TO ${outside('other', 'out.csv')}`],
    ['writing many files outside', 'Permission', () => sql`COPY (SELECT 1 AS a, 2 AS b) TO ${outside('other', 'parts')} (PARTITION_BY a)`],
    ['loading a table from outside', 'Permission', () => sql`COPY given FROM ${outside('other', 'in.csv')}`],
    ['exporting outside', 'Permission', () => sql`EXPORT DATABASE ${outside('other', 'export')}`],
    ['importing from outside', 'Permission', () => sql`IMPORT DATABASE ${outside('other')}`],
    ['a secret', 'Permission', () => sql`CREATE SECRET s (TYPE s3, KEY_ID 'a', SECRET 'b')`],
    ['a setting', 'Invalid Input', () => sql`SET memory_limit='8GB'`],
    ['a setting by PRAGMA', 'Invalid Input', () => sql`PRAGMA memory_limit='8GB'`],
    ['a setting of the session', 'Invalid Input', () => sql`SET SESSION threads=8`],
    ['another temporary directory', 'Invalid Input', () => sql`SET temp_directory='/tmp'`],
    ['a larger temporary directory', 'Invalid Input', () => sql`SET max_temp_directory_size='1TB'`],
    ['another home', 'Invalid Input', () => sql`SET home_directory='/'`],
    ['a log file', 'Invalid Input', () => sql`SET log_query_path=${outside('other', 'log')}`],
    ['a profile outside', 'Invalid Input', () => sql`SET profiling_output=${outside('other', 'profile')}`],
    ['unsigned extensions', 'Invalid Input', () => sql`SET allow_unsigned_extensions=true`],
    ['opening external access again', 'Invalid Input', () => sql`SET enable_external_access=true`],
    ['another allowed directory', 'Invalid Input', () => sql`SET allowed_directories=['/']`],
    ['another allowed path', 'Invalid Input', () => sql`SET allowed_paths=['/etc/passwd']`],
    ['the lock', 'Invalid Input', () => sql`SET lock_configuration=false`],
    ['a reset', 'Invalid Input', () => sql`RESET enable_external_access`],
    ['the environment by function', 'Catalog', () => sql`SELECT getenv('PATH')`],
    ['a command of the shell', 'Parser', () => sql`.shell id`],
    ['a deep expression', 'Parser', () => sql`SELECT ${Array.from({ length: 1200 }).reduce<Sql>((inner) => sql`(1 + ${inner})`, sql`1`)}`],
  ];

  test.each(escapes)('%s is refused: %s', async (_name, reason, statement) => {
    await expect(db.run(statement())).rejects.toMatchObject({
      code: 'engine.failed',
      detail: `DuckDB reports an error of kind ${reason}`,
    });
  });

  test('no escape has written anything', async () => {
    expect(await readdir(join(folder, 'other'))).toEqual(['in.csv']);
    expect(await readFile(join(folder, 'other', 'in.csv'), 'utf8')).toBe('a,b\n1,2\n');
  });

  test('what spills is gone afterwards, and a full disk is told as such', async () => {
    const spilling = await DuckDb.open(scratch, { memoryLimitMb: 48, threads: 1 });
    const sorted = sql`COPY (SELECT hash(range) AS h, repeat('x', 60) AS x FROM range(1500000) ORDER BY h) TO ${literal(join(scratch, 'sorted.parquet'))}`;
    const shares: number[] = [];
    await spilling.run(sorted, (share) => shares.push(share));
    expect(await spilling.numbers(sql`SELECT count(*) FROM read_parquet(${literal(join(scratch, 'sorted.parquet'))})`)).toEqual([
      1_500_000,
    ]);
    expect(shares.length).toBeGreaterThan(0);
    expect(shares.every((share) => share >= 0 && share <= 1)).toBe(true);
    spilling.close();
    const full = await DuckDb.open(scratch, { memoryLimitMb: 48, threads: 1, spillLimitMb: 8 });
    await expect(full.run(sorted)).rejects.toMatchObject({ code: 'storage_full' });
    full.close();
    expect((await readdir(scratch)).filter((name) => name.startsWith('tmp-'))).toHaveLength(1); // of the instance that is still open
  });

  test('more memory than there may be is an error of class resource', async () => {
    const aggregation = sql`SELECT max(len(l)) FROM (SELECT list(range || repeat('x', 500)) AS l FROM range(2000000))`;
    await expect(db.run(aggregation)).rejects.toMatchObject({ code: 'engine.out_of_memory', errorClass: 'resource' });
    expect(await db.numbers(sql`SELECT 42`)).toEqual([42]);
  });

  test('a statement that is interrupted ends at once, and the next one works', async () => {
    const endless = db.run(sql`SELECT count(*) FROM range(10000000) a, range(100000) b WHERE (a.range * b.range) % 1000003 = 7`);
    const interrupting = setInterval(() => db.interrupt(), 50); // again, in case it had not begun
    await expect(endless).rejects.toMatchObject({ code: 'engine.failed' });
    clearInterval(interrupting);
    expect(await db.numbers(sql`SELECT 42`)).toEqual([42]);
  });

  test('an error never quotes the value that caused it', async () => {
    const refused = db.run(sql`SELECT CAST(${literal('Ilka Brockmann')} AS DATE)`);
    await expect(refused).rejects.toThrow('DuckDB reports an error of kind Conversion');
    await expect(refused).rejects.not.toThrow('Ilka');
  });

  test('wide tables get the memory that their writers account for, usual ones a thread per 256 MiB', () => {
    expect(limitsFor({ memoryLimitMb: 256, threads: 2 }, 31)).toEqual({ memoryLimitMb: 256, threads: 1 });
    expect(limitsFor({ memoryLimitMb: 512, threads: 4 }, 31)).toEqual({ memoryLimitMb: 512, threads: 2 });
    expect(limitsFor({ memoryLimitMb: 64, threads: 2 }, 31)).toEqual({ memoryLimitMb: 64, threads: 1 });
    expect(limitsFor({ memoryLimitMb: 256, threads: 2 }, 4126)).toEqual({ memoryLimitMb: 8252, threads: 1 });
  });
});
