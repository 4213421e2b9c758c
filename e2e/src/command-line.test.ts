import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { JobBody, jobPaths } from '@attune/api';
import { S3Double } from '@attune/testing';
import { Installation, ROOT } from './installation.js';

jest.setTimeout(300_000);

let attune: Installation;
let bucket: S3Double;
let onBucket: Record<string, string>;
beforeAll(async () => {
  bucket = await S3Double.start();
  const { accessKeyId, secretAccessKey } = bucket.credentials;
  onBucket = {
    ATTUNE_BLOBS_URL: bucket.url('records'),
    ATTUNE_S3_ACCESS_KEY_ID: accessKeyId,
    ATTUNE_S3_SECRET_ACCESS_KEY: secretAccessKey,
  };
  attune = await Installation.start(onBucket);
});
afterAll(async () => {
  expect(await attune.stop()).toEqual({ exitCode: 0, left: [] });
  await bucket.close();
});

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

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
  const served = await attune.request(`${jobPaths(job.job_id).result}?format=csv`);
  expect(sha256(fs.readFileSync(path.join(out, 'result.csv')))).toBe(sha256(Buffer.from(await served.arrayBuffer())));
  const listed = await cli(['jobs', 'ls', '--json', '--limit', '5']);
  expect([listed.code, JSON.stringify(JSON.parse(listed.out)).includes(job.job_id)]).toEqual([0, true]);
  expect(JobBody.parse(JSON.parse((await cli(['jobs', 'get', job.job_id, '--json'])).out)).status).toBe('completed');
  expect((await cli(['jobs', 'logs', job.job_id])).out).toContain('stage.done');
  expect((await cli(['jobs', 'cancel', job.job_id])).code).toBe(2);
  expect((await cli(['inspect', sample])).code).toBe(0);
  expect((await cli(['doctor'])).code).toBe(0);
  expect((await cli(['jobs', 'get', job.job_id], { ATTUNE_API_KEY: 'att_live_wrong' })).code).toBe(3);
  expect((await cli(['jobs', 'ls'], { ATTUNE_URL: 'http://127.0.0.1:9' })).code).toBe(4);
  const broken = path.join(attune.directory, 'cut-short.zip');
  fs.writeFileSync(broken, 'PK\x03\x04');
  expect((await cli(['submit', broken, '--wait'])).code).toBe(1);
});

test('a key is made, listed without what opens with it, and refused within five seconds once it is revoked', async () => {
  const key = (await cli(['keys', 'create', '--tenant', 'auditors'])).out.trim();
  const asks = async (): Promise<number> =>
    (await fetch(`${attune.server.url}/api/v1/jobs`, { headers: { Authorization: `Bearer ${key}` } })).status;
  expect(await asks()).toBe(200);
  const start = key.slice('att_live_'.length, 'att_live_'.length + 8);
  const listed = await cli(['keys', 'list', '--tenant', 'auditors']);
  expect(listed.out).toMatch(new RegExp(`^start +tenant +created +revoked\\n${start} +auditors +\\S+Z *\n$`));
  expect(await cli(['keys', 'revoke', start])).toMatchObject({ code: 0, out: `The key ${start} of auditors is revoked.\n` });
  for (const deadline = Date.now() + 20_000; (await asks()) !== 401;) expect(Date.now()).toBeLessThan(deadline);
  expect(await asks()).toBe(401);
  expect((await cli(['keys', 'revoke', start])).code).toBe(2);
  expect(JSON.parse((await cli(['keys', 'list', '--json'])).out)).toMatchObject({
    data: [
      { tenant: 'local', revoked_at: null },
      { tenant: 'auditors', revoked_at: expect.stringContaining('T') as string },
    ],
  });
});

test('with a bucket for blobs every byte lies there under its tenant, a deleted job leaves nothing, and the doctor can tell', async () => {
  const { job_id: id, input } = await attune.run({ bytes: 'patient_id,first_name\nS3-1,Ottilie\n' });
  const keys = () => [...bucket.bucket.objects.keys()].filter((key) => !key.includes('/.incoming/'));
  const ofJob = () => keys().filter((key) => key.includes(id.slice('job_'.length)));
  expect(keys().every((key) => /^records\/tenants\/[^/]+\/(blobs|jobs)\//.test(key))).toBe(true);
  expect(keys().filter((key) => key.endsWith(input.sha256))).toHaveLength(1);
  expect(ofJob().length).toBeGreaterThan(0);
  expect(fs.existsSync(path.join(attune.server.dataDir, 'blobs'))).toBe(false);
  expect((await attune.send(jobPaths(id).self, 'DELETE')).status).toBe(204);
  expect(ofJob()).toEqual([]);
  const seen = await cli(['doctor', 's3'], onBucket);
  expect([seen.code, seen.out.split('\n').filter((line) => line.startsWith('ok')).length]).toEqual([0, 10]);
  expect((await cli(['doctor', 's3'], { ...onBucket, ATTUNE_S3_SECRET_ACCESS_KEY: 'wrong' })).code).toBe(4);
  expect(seen.out + seen.error).not.toContain(bucket.credentials.secretAccessKey);
});
