import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { JobBody, jobPaths, JobList, JobStatusBody, LogLine, ManifestBody, QualityBody } from '@attune/api';
import { delimitedRows } from './delimited-rows.js';
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
    expect(JSON.parse(bytes['json']!.toString('utf8'))).toEqual(ndjson);
    const [header, ...rows] = delimitedRows(bytes['csv']!.toString('utf8'));
    const names = Object.keys(ndjson[0]!);
    expect(header).toEqual(names);
    const texts = ndjson.map((row) => names.map((name) => text(row[name])));
    expect(rows).toEqual(texts);
    expect(parquetRows(bytes['parquet']!).map((row) => names.map((name) => text(row[name])))).toEqual(texts);
  });

  /** Null and empty are one in CSV. */
  const text = (value: unknown): string =>
    typeof value === 'string' ? value : value === null || value === undefined ? '' : JSON.stringify(value);

  /** Read by DuckDB in a process of its own, every column as text. */
  function parquetRows(bytes: Buffer): Record<string, unknown>[] {
    const file = path.join(attune.directory, 'result.parquet');
    fs.writeFileSync(file, bytes);
    const script = `import { DuckDBInstance } from '@duckdb/node-api';
    const connection = await (await DuckDBInstance.create(':memory:')).connect();
    const reader = await connection.runAndReadAll("SELECT COLUMNS(*)::VARCHAR FROM read_parquet('" + process.argv[1] + "')");
    process.stdout.write(JSON.stringify(reader.getRowObjectsJson()));`;
    const { stdout, stderr, status } = spawnSync(process.execPath, ['--input-type=module', '-e', script, file], {
      cwd: path.join(ROOT, 'libs/platform'),
      encoding: 'utf8',
      maxBuffer: 1 << 28,
    });
    if (status !== 0) throw new Error(stderr);
    return JSON.parse(stdout) as Record<string, unknown>[];
  }

  test('quality has its denominators, the log its history, the mapping every column', async () => {
    const quality = await attune.read(QualityBody, jobPaths(members.job_id).quality);
    expect(quality.records).toMatchObject({ in: members.metrics.total_records, quarantined: members.metrics.records_quarantined });
    for (const dimension of Object.values(quality.dimensions)) {
      if (dimension.status === 'scored') expect(dimension.denominator).toBeGreaterThan(0);
      else expect(dimension).toMatchObject({ score: null, reason: expect.any(String) as string });
    }
    const answer = await attune.request(jobPaths(members.job_id).logs);
    const log = linesOf(await answer.text()).map((line) => LogLine.parse(line));
    expect(log.map(({ seq }) => seq)).toEqual(log.map((_, i) => i + 1));
    expect(log.filter(({ type }) => type === 'stage.done')).toHaveLength(members.stages.length);
    const mapping = await attune.mapping(members.job_id);
    const ordinals = [...mapping.fields.map(({ from }) => from[0]!.ordinal), ...mapping.carried.map(({ ordinal }) => ordinal)];
    expect(ordinals.sort((a, b) => a - b)).toEqual(Array.from({ length: 20 }, (_, i) => i));
  });

  test('what has not changed is not sent again, and a format that was not asked for is not acceptable', async () => {
    for (const route of [jobPaths(members.job_id).self, `${jobPaths(members.job_id).result}?format=csv`]) {
      const etag = (await attune.request(route)).headers.get('etag')!;
      const again = await attune.request(route, { headers: { 'If-None-Match': etag } });
      expect([again.status, await again.text()]).toEqual([304, '']);
    }
    const job = await attune.run({ bytes: 'patient_id,first_name\nP1,Ada\nP2,Bo\n', options: { output_formats: ['csv'] } });
    expect(await problemOf(await attune.request(`${jobPaths(job.job_id).result}?format=parquet`))).toMatchObject({
      status: 406,
      code: 'not_acceptable',
    });
    expect(await problemOf(await attune.request(jobPaths(job.job_id).result, { headers: { Accept: 'image/png' } }))).toMatchObject({
      status: 406,
    });
  });

  test('a validation leaves quality and quarantine, and no result', async () => {
    const job = await attune.run({ bytes: MEMBERS, operation: 'validate' });
    expect(job.status).toBe('completed');
    expectConservation(job);
    expect(await attune.read(QualityBody, jobPaths(job.job_id).quality)).toMatchObject({ version: 2 });
    expect(await attune.quarantine(job.job_id)).toHaveLength(members.metrics.records_quarantined);
    expect(await problemOf(await attune.request(jobPaths(job.job_id).result))).toMatchObject({ status: 409, code: 'conflict_state' });
  });

  test('each option changes what it names and nothing else', async () => {
    // Enough good dates that the column is taken for the birth date; one that no calendar has; two pairs of twins.
    const clean = Array.from({ length: 20 }, (_, i) => `P1${i},Eve,03/0${1 + (i % 9)}/1970`);
    const dirty = `patient_id,first_name,dob\n${['P1, ada ,01/02/1980', 'P1,ada,01/02/1980', 'P2,Bo,02/30/1980', 'P3,Cy,1981-04-05', 'P3,Cy,1981-04-05', ...clean].join('\n')}\n`;
    for (const remove_duplicates of [true, false]) {
      for (const standardize_fields of [true, false]) {
        for (const validate_schema of [true, false]) {
          const job = await attune.run({
            bytes: dirty,
            options: { remove_duplicates, standardize_fields, validate_schema, output_formats: ['ndjson'] },
          });
          expectConservation(job);
          const rows = await attune.rows(job.job_id);
          // Received as they are, the first two records differ in blanks.
          const merged = remove_duplicates ? (standardize_fields ? 2 : 1) : 0;
          expect([job.status, job.row_ledger[0]!.records_merged, rows.length]).toEqual(['completed', merged, 25 - merged]);
          expect(rows[0]).toMatchObject(
            standardize_fields ? { first_name: 'Ada', birth_date: '1980-01-02' } : { first_name: ' ada ', birth_date: '01/02/1980' },
          );
          expect(rows.find((row) => row['patient_id'] === 'P2')!['birth_date']).toBe(standardize_fields ? null : '02/30/1980');
          const duplicates = linesOf(await attune.blob('duplicates', job.job_id));
          expect(duplicates.length).toBe(standardize_fields ? 2 : 1);
        }
      }
    }
  });

  test('a mapping that the caller gives is used, and one that does not fit fails the job', async () => {
    const bytes = 'a,b\nP1,Ada\nP2,Bo\n';
    const fields = [
      { field: 'patient_id', from: [{ ordinal: 0, name: 'a' }] },
      { field: 'first_name', from: [{ ordinal: 1, name: 'b' }] },
    ];
    const job = await attune.run({ bytes, options: { output_formats: ['ndjson'], mapping: { fields } } });
    expect(await attune.rows(job.job_id)).toMatchObject([
      { patient_id: 'P1', first_name: 'Ada' },
      { patient_id: 'P2', first_name: 'Bo' },
    ]);
    const wrong = await attune.run({
      bytes,
      options: { mapping: { fields: [{ field: 'patient_id', from: [{ ordinal: 7, name: 'z' }] }] } },
    });
    expect(wrong).toMatchObject({ status: 'failed', error: { code: 'mapping_invalid', stage: 'plan' } });
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

  interface Told {
    readonly code: number | null;
    readonly out: string;
    readonly error: string;
  }

  /** The real command line, as a process of its own. */
  async function cli(args: readonly string[], environment: Record<string, string> = {}): Promise<Told> {
    const env = { ...process.env, ATTUNE_DATA_DIR: attune.server.dataDir, ATTUNE_URL: attune.server.url, ...environment };
    const child = spawn(process.execPath, [path.join(ROOT, 'apps/attune/bin/attune.mjs'), ...args], {
      env,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let out = '';
    let error = '';
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => (out += chunk));
    child.stderr.setEncoding('utf8').on('data', (chunk: string) => (error += chunk));
    const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
    return { code, out, error };
  }

  test('the command line submits, waits, fetches, lists, shows and explains, with its exit codes', async () => {
    const out = path.join(attune.directory, 'cleaned');
    const sample = path.join(ROOT, 'samples/members.csv');
    const submitted = await cli(['submit', sample, '--wait', '--out', out, '--json']);
    expect([submitted.code, submitted.error]).toEqual([0, expect.stringContaining('Submitted')]);
    const job = JobBody.parse(JSON.parse(submitted.out));
    expect(fs.readdirSync(out).sort()).toEqual(['manifest.json', 'quality.json', 'quarantine.csv', 'result.csv', 'result.parquet']);
    expect(sha256(fs.readFileSync(path.join(out, 'result.csv')))).toBe(sha256(await result(members.job_id, 'csv')));
    const listed = await cli(['jobs', 'ls', '--json', '--limit', '5']);
    expect([listed.code, JSON.stringify(JSON.parse(listed.out)).includes(job.job_id)]).toEqual([0, true]);
    expect(JobBody.parse(JSON.parse((await cli(['jobs', 'get', job.job_id, '--json'])).out)).status).toBe('completed');
    expect((await cli(['jobs', 'logs', job.job_id])).out).toContain('stage.done');
    expect((await cli(['jobs', 'cancel', job.job_id])).code).toBe(2);
    expect((await cli(['inspect', sample])).code).toBe(0);
    expect((await cli(['doctor'])).code).toBe(0);
    expect((await cli(['jobs', 'get', job.job_id], { ATTUNE_API_KEY: 'att_live_wrong' })).code).toBe(3);
    expect((await cli(['jobs', 'ls'], { ATTUNE_URL: 'http://127.0.0.1:9' })).code).toBe(4);
    const empty = path.join(attune.directory, 'not-a-table.json');
    fs.writeFileSync(empty, '{"a":1}\n');
    expect((await cli(['submit', empty, '--wait'])).code).toBe(1);
  });

  test('lists are paged to their end, newest first, and read by the same contract', async () => {
    const ids: string[] = [];
    for (let cursor = ''; ;) {
      const page = await attune.read(JobList, `/api/v1/jobs?limit=4${cursor}`);
      ids.push(...page.data.map(({ job_id }) => job_id));
      if (page.next_cursor === null) break;
      cursor = `&cursor=${encodeURIComponent(page.next_cursor)}`;
    }
    expect(new Set(ids).size).toBe(ids.length);
    expect(ids).toEqual([...ids].sort().reverse());
    expect(await attune.read(JobStatusBody, jobPaths(members.job_id).status)).toMatchObject({ status: 'completed', progress: 100 });
  });

  test('a job in work outlives a restart in order, and the attempt is not charged', async () => {
    const { job_id: id } = await attune.submit(manyMembers(5));
    await attune.once(id, ({ stages }) => stages.some(({ name, status }) => name === 'transform' && status === 'running'));
    expect(await attune.server.stop()).toBe(0);
    await attune.server.start();
    const job = await attune.ended(id);
    expect(job.status).toBe('completed');
    expectConservation(job);
    for (const stage of job.stages) expect([stage.name, stage.attempt]).toEqual([stage.name, 1]);
  });
});
