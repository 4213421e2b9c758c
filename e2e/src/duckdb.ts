import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { ROOT } from './installation.js';

const SCRIPT = `import { DuckDBInstance } from '@duckdb/node-api';
const connection = await (await DuckDBInstance.create(':memory:')).connect();
const reader = await connection.runAndReadAll(process.argv[1]);
process.stdout.write(JSON.stringify(reader.getRowObjectsJson()));`;

/** The rows that DuckDB answers to a statement, in a process of its own: the tests have none. */
export function duckdb(statement: string): Record<string, unknown>[] {
  const { stdout, stderr, status } = spawnSync(process.execPath, ['--input-type=module', '-e', SCRIPT, statement], {
    cwd: path.join(ROOT, 'libs/platform'),
    encoding: 'utf8',
    maxBuffer: 1 << 28,
  });
  if (status !== 0) throw new Error(stderr);
  return JSON.parse(stdout) as Record<string, unknown>[];
}
