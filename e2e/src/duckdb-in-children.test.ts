import { readFileSync } from 'node:fs';
import type { Deployment } from '../faults/deployment.mjs';
import { Installation } from './installation.js';

jest.setTimeout(120_000);

const PEOPLE = 'member_id,first_name,last_name,dob\nm-1,Ilka,Brockmann,1987-03-09\nm-2,Dorian,Fenwick,1990-01-31\n';
const LIBRARY = /duckdb/i;

test.each<[string, (environment: Readonly<Record<string, string>>) => Promise<Installation<Deployment>>]>([
  ['the all-in-one', (environment) => Installation.start(environment)],
  ['gateways and workers of a split deployment', (environment) => Installation.startSplit(environment, 1)],
])('%s: a process that serves has not loaded DuckDB, even after a whole job', async (_shape, start) => {
  const attune = await start({});
  try {
    const job = await attune.run({ bytes: PEOPLE, options: { output_formats: ['csv', 'parquet'] } });
    expect(job.status).toBe('completed');
    const serving = attune.server.processes.flatMap(({ pid }) => (pid === undefined ? [] : [pid]));
    expect(serving.length).toBeGreaterThan(0);
    const maps = (pid: number | string): string => readFileSync(`/proc/${pid}/maps`, 'utf8');
    for (const pid of serving) expect(maps(pid)).not.toMatch(LIBRARY);
    // The same look finds it where it belongs.
    const children = serving.flatMap((pid) => readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean));
    expect(children.some((pid) => LIBRARY.test(maps(pid)))).toBe(true);
  } finally {
    await attune.stop();
  }
});
