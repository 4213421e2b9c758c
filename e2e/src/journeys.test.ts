import { createHash } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { JobBody, jobPaths, ManifestBody } from '@attune/api';
import { delimitedRows } from './delimited-rows.js';
import { duckdb } from './duckdb.js';
import { expectConservation, expectLocated, type Installation, linesOf, problemOf, ROOT } from './installation.js';
import { manyMembers } from './many-members.js';
import { describeShapes } from './shapes.js';

const FORMATS = ['csv', 'json', 'ndjson', 'parquet'] as const;
const MEMBERS = fs.readFileSync(path.join(ROOT, 'samples/members.csv'));
jest.setTimeout(300_000);

describeShapes((start) => {
  let attune: Installation;
  let members: JobBody;
  beforeAll(async () => {
    attune = await start();
    members = await attune.run({ bytes: MEMBERS, name: 'members.csv', options: { output_formats: FORMATS } });
  });
  afterAll(async () => expect(await attune.stop()).toEqual({ exitCode: 0, left: [] }));

  const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
  async function result(id: string, format: string): Promise<Buffer> {
    return Buffer.from(await (await attune.request(`${jobPaths(id).result}?format=${format}`)).arrayBuffer());
  }

  test('the sample completes, no record is lost, and what was set aside lies where it is said', async () => {
    expect(members).toMatchObject({
      status: 'completed',
      progress: 100,
      error: null,
      input: { name: 'members.csv', bytes: MEMBERS.length, sha256: sha256(MEMBERS) },
    });
    expectConservation(members);
    const [transform, publish] = members.row_ledger;
    expect(publish!.records_in).toBe(transform!.records_out);
    const quarantined = await attune.quarantine(members.job_id);
    expectLocated(MEMBERS, quarantined);
    expect(quarantined).toHaveLength(transform!.records_quarantined);
    expect(members.metrics.total_records).toBe(transform!.records_in);
    // Quarantined records end with their line; what is left is read by a reader of our own.
    let rest = MEMBERS.toString('latin1');
    for (const { byte_offset: at, byte_length: length } of [...quarantined].reverse()) rest = rest.slice(0, at) + rest.slice(at + length);
    expect(delimitedRows(rest).filter((row) => row.length > 1)).toHaveLength(1 + transform!.records_in - quarantined.length);
    const duplicates = linesOf(await attune.blob('duplicates', members.job_id));
    expect(duplicates.length).toBeGreaterThan(0);
  });

  test('the four formats hold the same records, and the manifest the hashes of their bytes', async () => {
    const bytes = Object.fromEntries(
      await Promise.all(FORMATS.map(async (format) => [format, await result(members.job_id, format)] as const)),
    ) as Record<string, Buffer>;
    const manifest = await attune.read(ManifestBody, jobPaths(members.job_id).manifest);
    for (const { format, sha256: hash, bytes: size, records } of manifest.outputs) {
      expect([format, sha256(bytes[format]!), bytes[format]!.length, records]).toEqual([
        format,
        hash,
        size,
        members.row_ledger.at(-1)!.records_out,
      ]);
    }
    expect(manifest.outputs).toHaveLength(FORMATS.length);
    const ndjson = linesOf(bytes['ndjson']!.toString('utf8')) as Record<string, unknown>[];
    expectSame(JSON.parse(bytes['json']!.toString('utf8')) as unknown[], ndjson);
    const [header, ...rows] = delimitedRows(bytes['csv']!.toString('utf8'));
    const names = Object.keys(ndjson[0]!);
    expect(header).toEqual(names);
    const texts = ndjson.map((row) => names.map((name) => text(row[name])));
    expectSame(rows, texts);
    const stored = parquetRows(bytes['parquet']!).map((row) => names.map((name) => text(row[name])));
    expectSame(stored, texts);
  });

  /** What is unlike alone is looked at closely: a comparison of all would take seconds. */
  function expectSame(found: readonly unknown[], expected: readonly unknown[]): void {
    const isUnlike = (_: unknown, i: number): boolean => JSON.stringify(found[i]) !== JSON.stringify(expected[i]);
    expect(found.filter(isUnlike)).toEqual(expected.filter(isUnlike));
    expect(found).toHaveLength(expected.length);
  }

  /** Null and empty are one in CSV. */
  const text = (value: unknown): string =>
    typeof value === 'string' ? value : value === null || value === undefined ? '' : JSON.stringify(value);

  /** Every column as text. */
  function parquetRows(bytes: Buffer): Record<string, unknown>[] {
    const file = path.join(attune.directory, 'result.parquet');
    fs.writeFileSync(file, bytes);
    return duckdb(`SELECT COLUMNS(*)::VARCHAR FROM read_parquet('${file}')`);
  }

  test('a process that serves has not loaded DuckDB, even after a whole job: its engine processes have', () => {
    const serving = attune.server.processes.map(({ pid }) => pid);
    expect(serving.length).toBeGreaterThan(0);
    const hasDuckDb = (pid: number | string): boolean => /duckdb/i.test(fs.readFileSync(`/proc/${pid}/maps`, 'utf8'));
    expect(serving.filter(hasDuckDb)).toEqual([]);
    const children = serving.flatMap((pid) => fs.readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean));
    expect(children.some(hasDuckDb)).toBe(true);
  });

  test('what is true of all jobs together is told by one process of all', async () => {
    const leaders = async (): Promise<number> => {
      const addresses = attune.server.processes.map(({ readyUrl }) => readyUrl.replace('/health/ready', '/metrics'));
      const texts = await Promise.all(addresses.map(async (url) => (await fetch(url)).text()));
      const led = texts.filter((text) => /^reconciler_leader 1$/m.test(text));
      const told = texts.filter((text) => /^lost_jobs /m.test(text));
      expect(told.length).toBeLessThanOrEqual(led.length);
      return led.length;
    };
    for (const deadline = Date.now() + 30_000; (await leaders()) !== 1;) expect(Date.now()).toBeLessThan(deadline);
    expect(await leaders()).toBe(1);
  });

  test('a job that runs has no result yet, can be cancelled, and then leaves none', async () => {
    const { job_id: id } = await attune.submit(manyMembers(5));
    await attune.once(id, ({ stages }) => stages.some(({ name, status }) => name === 'transform' && status === 'running'));
    expect(await problemOf(await attune.request(jobPaths(id).result))).toMatchObject({
      status: 409,
      code: 'result_not_ready',
      retryable: true,
    });
    const cancelled = await attune.request(`${jobPaths(id).self}/cancel`, { method: 'POST' });
    expect(cancelled.status).toBe(202);
    JobBody.parse(await cancelled.json());
    expect((await attune.ended(id)).status).toBe('cancelled');
    expect((await problemOf(await attune.request(jobPaths(id).result))).code).toBe('conflict_state');
    expect((await problemOf(await attune.request(`${jobPaths(id).self}/cancel`, { method: 'POST' }))).code).toBe('conflict_state');
  });

  test('a job in work outlives a restart in order, and the attempt is not charged', async () => {
    const { job_id: id } = await attune.submit(manyMembers(5));
    await attune.once(id, ({ stages }) => stages.some(({ name, status }) => name === 'transform' && status === 'running'));
    for (const { readyUrl } of attune.server.processes) {
      const ask = async (path: string, method = 'GET'): Promise<number> => (await fetch(new URL(path, readyUrl), { method })).status;
      expect(await ask('/internal/drain', 'POST')).toBe(202);
      expect([await ask('/health/ready'), await ask('/health/live')]).toEqual([503, 200]);
    }
    // Whoever drains still answers.
    expect((await attune.job(id)).job_id).toBe(id);
    expect(await attune.server.stop()).toBe(0);
    await attune.server.start();
    const job = await attune.ended(id);
    expect(job.status).toBe('completed');
    expectConservation(job);
    for (const stage of job.stages) expect([stage.name, stage.attempt]).toEqual([stage.name, 1]);
  });
});
