import { createHash } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Io } from './command.js';
import { FakeAttune, KEY, ledger, quality, REPORT, RESULT } from './fake-attune.fixture.js';
import { main } from './main.js';

let directory: string;
let server: Server;
let attune: FakeAttune;
let stdout: string;
let stderr: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'attune-cli-'));
  attune = new FakeAttune();
  server = createServer((request, response) => void attune.answer(request, response));
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  await writeFile(join(directory, 'api-key'), `${KEY}\n`, { mode: 0o600 });
  await writeFile(join(directory, 'url'), `http://127.0.0.1:${(server.address() as AddressInfo).port}\n`);
  await writeFile(join(directory, 'people.csv'), 'id,first\nP1,Quentin\n');
});

afterEach(async () => {
  server.closeAllConnections();
  await new Promise((closed) => server.close(closed));
  await rm(directory, { recursive: true });
});

async function attuneCli(args: readonly string[], settings: { apiKey?: string; url?: string } = {}): Promise<number> {
  stdout = '';
  stderr = '';
  const io: Io = {
    stdout: { write: (text) => (stdout += text) },
    stderr: { write: (text) => (stderr += text) },
    fetch,
    version: '1.2.3',
    signal: new AbortController().signal,
    settings: () => Promise.resolve({ url: settings.url, apiKey: settings.apiKey, dataDir: directory, httpPort: 1 }),
  };
  return main(args, io);
}

const people = (): string => join(directory, 'people.csv');

test('submit --wait --json prints the final job alone on stdout, and progress on stderr', async () => {
  expect(await attuneCli(['submit', people(), '--wait', '--json'])).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({ status: 'completed', progress: 100 });
  expect(stderr).toContain('processing  transform  40 %');
  expect(attune.files).toEqual([{ name: 'people.csv', text: 'id,first\nP1,Quentin\n' }]);
});

test('submit --resumable sends the file in pieces over a line that breaks, and the job is over what has arrived', async () => {
  attune.cuts = 2;
  expect(await attuneCli(['submit', people(), '--resumable', '--wait'])).toBe(0);
  const upload = 'up_0197c0de-1111-7222-8333-000000000001';
  expect(attune.files).toEqual([{ name: upload, text: await readFile(people(), 'utf8') }]);
  expect(stderr).toContain(`--upload ${upload}`);
});

test('submit --upload goes on with an upload that was stopped', async () => {
  const text = await readFile(people());
  attune.uploadBytes = text.length;
  attune.upload = text.subarray(0, 5);
  const upload = 'up_0197c0de-1111-7222-8333-000000000001';
  expect(await attuneCli(['submit', people(), '--upload', upload])).toBe(0);
  expect(attune.files).toEqual([{ name: upload, text: text.toString() }]);
});

test('submit --direct sends the file past Attune, hashed on the way, and tells the job where it is told of', async () => {
  const url = 'https://hooks.example.org/attune?token=1';
  expect(await attuneCli(['submit', people(), '--direct', '--webhook-url', url])).toBe(0);
  const upload = 'up_0197c0de-1111-7222-8333-000000000001';
  expect(attune.files).toEqual([{ name: upload, text: await readFile(people(), 'utf8') }]);
  expect(attune.toldAt).toBe(url);
  expect(stderr).toContain(`--direct --upload ${upload}`);
  expect(await attuneCli(['submit', people(), '--webhook-url', url])).toBe(0);
  expect([attune.files.length, attune.toldAt]).toEqual([2, url]);
});

test('submit --wait ends with the conservation of records', async () => {
  expect(await attuneCli(['submit', people(), '--wait'])).toBe(0);
  expect(stdout).toContain('completed after 3.5 s');
  expect(stdout).toContain('1,000 records in = 950 out + 30 quarantined + 20 merged + 0 dropped');
});

test('a job that completed over no record says so first', async () => {
  attune.ending = {
    row_ledger: [{ ...ledger, records_in: 0, records_out: 0, records_quarantined: 0, records_merged: 0, drop_reasons: {} }],
  };
  expect(await attuneCli(['submit', people(), '--wait'])).toBe(0);
  expect(stdout).toMatch(/^Warning: the file held no record\./);
});

test('--out leaves every file of a completed job, whole and under its name only', async () => {
  const out = join(directory, 'cleaned');
  attune.quarantine = 'member,record,code\r\n,1,csv.stray_quote\r\n';
  expect(await attuneCli(['submit', people(), '--out', out, '--options', '{"output_formats":["json","csv"]}'])).toBe(0);
  expect((await readdir(out)).sort()).toEqual(['manifest.json', 'quality.json', 'quarantine.csv', 'result.csv', 'result.json']);
  expect(await readFile(join(out, 'result.csv'), 'utf8')).toBe(RESULT);
  expect(await readFile(join(out, 'quarantine.csv'), 'utf8')).toBe(attune.quarantine);
  expect(JSON.parse(await readFile(join(out, 'quality.json'), 'utf8'))).toEqual(quality);
});

test('the report goes to the output, or into a file', async () => {
  expect(await attuneCli(['submit', people(), '--wait'])).toBe(0);
  const [id = ''] = attune.jobs.keys();
  stdout = '';
  expect(await attuneCli(['jobs', 'report', id])).toBe(0);
  expect(stdout).toBe(REPORT);
  const out = join(directory, 'report.html');
  expect(await attuneCli(['jobs', 'report', id, '--out', out])).toBe(0);
  expect([await readFile(out, 'utf8'), stdout]).toEqual([REPORT, '']);
});

test('a result whose bytes do not match their checksum is not left behind', async () => {
  const out = join(directory, 'cleaned');
  attune.digest = createHash('sha256').update('other').digest('base64');
  expect(await attuneCli(['submit', people(), '--out', out])).toBe(1);
  expect(stderr).toContain('artifact_corrupt');
  expect((await readdir(out)).filter((name) => name.startsWith('result'))).toEqual([]);
});

test('validate leaves no result and asks for none', async () => {
  const out = join(directory, 'checked');
  expect(await attuneCli(['submit', people(), '--operation', 'validate', '--out', out])).toBe(0);
  expect((await readdir(out)).sort()).toEqual(['quality.json', 'quarantine.csv']);
});

test('a failed job exits with 1, tells code and detail, and still leaves its quarantine', async () => {
  const error = { code: 'quarantine.limit', class: 'data', stage: 'transform', shard: 0, retryable: false, detail: '300 of 1000 records.' };
  attune.ending = { status: 'failed', error };
  const out = join(directory, 'failed');
  expect(await attuneCli(['submit', people(), '--out', out])).toBe(1);
  expect(stdout).toContain('quarantine.limit: 300 of 1000 records. (stage transform)');
  expect(await readdir(out)).toEqual(['quarantine.csv']);
  expect(await attuneCli(['jobs', 'get', [...attune.jobs.keys()][0] ?? ''])).toBe(0);
});

test('a job that failed before its records were read leaves no file, and is still a failed job', async () => {
  attune.ending = {
    status: 'failed',
    error: { code: 'encoding', class: 'data', stage: 'inspect', shard: 0, retryable: false, detail: 'Not UTF-8.' },
  };
  attune.quarantine = undefined;
  const out = join(directory, 'failed');
  expect(await attuneCli(['submit', people(), '--out', out])).toBe(1);
  expect(stdout).toContain('encoding: Not UTF-8.');
  expect(await readdir(out)).toEqual([]);
});

test.each([
  [[], 'Usage: attune COMMAND'],
  [['frobnicate'], 'There is no command frobnicate'],
  [['submit'], 'FILE is missing'],
  [['submit', 'a', 'b'], 'Only one FILE'],
  [['submit', 'no-such-file.csv'], 'no-such-file.csv cannot be read'],
  [['submit', tmpdir()], 'is not a file'],
  [['submit', __filename, '--operation', 'convert'], '--operation is one of harmonize, validate'],
  [['submit', __filename, '--options', '{"remove_dups":true}'], '/remove_dups There is no such member'],
  [['submit', __filename, '--options', 'nonsense'], 'neither JSON nor @FILE'],
  [['submit', __filename, '--no-such-option'], "Unknown option '--no-such-option'"],
  [['jobs'], 'One of ls, get, watch, logs, report, diff, lineage, quarantine, resubmit, redrive, clone, cancel, rm is missing'],
  [['jobs', 'eat'], 'is one of ls, get, watch, logs, report, diff, lineage, quarantine, resubmit, redrive, clone, cancel, rm'],
  [['jobs', 'toString'], 'is one of ls, get, watch, logs, report, diff, lineage, quarantine, resubmit, redrive, clone, cancel, rm'],
  [['jobs', 'ls', '--limit', '0'], '--limit is 1 to 200'],
  [['jobs', 'get'], 'ID is missing'],
  [['jobs', 'ls', '--url', 'ftp://x'], 'starts with http'],
  [['inspect'], 'FILE is missing'],
  [['doctor', 'x'], 'options only'],
])('%j is a usage error: exit 2 and what is wrong', async (args, message) => {
  expect(await attuneCli(args)).toBe(2);
  expect(stderr).toContain(message);
  expect(stderr).toContain('Usage: attune');
  expect(stdout).toBe('');
});

test('a key that the server refuses exits with 3 and says where the key is looked for, without showing it', async () => {
  expect(await attuneCli(['jobs', 'ls'], { apiKey: 'att_live_wrong' })).toBe(3);
  expect(stderr).toContain('ATTUNE_API_KEY');
  expect(stderr).not.toContain('att_live_wrong');
});

test('where nobody answers the exit is 4, with the address and what to do', async () => {
  const url = await addressOfNobody();
  expect(await attuneCli(['jobs', 'ls', '--url', url])).toBe(4);
  expect(stderr).toBe(`Attune is not answering at ${url}; start it with npm start.\n`);
});

test('the flag wins over the environment, and the environment over the file', async () => {
  const nobody = await addressOfNobody();
  const here = (await readFile(join(directory, 'url'), 'utf8')).trim();
  expect(await attuneCli(['jobs', 'ls'], { url: nobody })).toBe(4);
  expect(await attuneCli(['jobs', 'ls', '--url', here], { url: nobody })).toBe(0);
});

test('without a key the server decides, and the exit is 3', async () => {
  await rm(join(directory, 'api-key'));
  expect(await attuneCli(['jobs', 'ls'])).toBe(3);
});

test('an unknown job is told as the server told it', async () => {
  expect(await attuneCli(['jobs', 'get', 'job_none'])).toBe(2);
  expect(stderr).toContain('not_found');
  expect(stderr).not.toContain('Usage');
});

test('jobs ls shows a job a line, and --json the page', async () => {
  await attuneCli(['submit', people()]);
  expect(await attuneCli(['jobs', 'ls'])).toBe(0);
  expect(stdout.split('\n')[1]).toMatch(/^job_\S+\s+harmonize\s+pending\s+0 %/);
  expect(await attuneCli(['jobs', 'ls', '--json'])).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({ has_more: false, data: [{ status: 'pending' }] });
});

test('the doctor is content with a server that is ready and takes the key', async () => {
  const exit = await attuneCli(['doctor', '--json']);
  const { checks } = JSON.parse(stdout) as { checks: { what: string; state: string }[] };
  expect(checks.map(({ what }) => what)).toEqual(['Node', 'data directory', 'disk space', 'server', 'API key']);
  expect(checks.filter(({ what }) => what !== 'disk space').map(({ state }) => state)).toEqual(['ok', 'ok', 'ok', 'ok']);
  expect(exit).toBe(checks.some(({ state }) => state === 'fail') ? 4 : 0);
});

test('the doctor says what to do where nobody answers, where another server does, and where the key is wrong', async () => {
  expect(await attuneCli(['doctor', '--url', await addressOfNobody()])).toBe(4);
  expect(stdout).toMatch(/fail {2}server: .* port \d+ is free\n {6}-> Start it with npm start\./);
  expect(await attuneCli(['doctor'], { apiKey: 'att_live_wrong' })).toBe(4);
  expect(stdout).toContain('fail  API key: the server refuses it (unauthenticated)');
  attune.answer = (_request, response) => Promise.resolve(void response.writeHead(200).end('It works!'));
  expect(await attuneCli(['doctor'])).toBe(4);
  expect(stdout).toContain('does not answer as Attune does');
});

test('help and version need no server, no key and no settings', async () => {
  expect(await attuneCli(['--version'])).toBe(0);
  expect(stdout).toBe('1.2.3\n');
  expect(await attuneCli(['--help'])).toBe(0);
  for (const name of ['up', 'migrate', 'inspect', 'submit', 'jobs', 'doctor']) {
    expect(stdout).toContain(`  ${name}`);
    expect(await attuneCli([name, '--help'])).toBe(0);
    expect(stdout).toContain(`Usage: attune ${name}`);
    await attuneCli(['--help']);
  }
});

async function addressOfNobody(): Promise<string> {
  const closed = createServer();
  await new Promise<void>((listening) => closed.listen(0, '127.0.0.1', listening));
  const { port } = closed.address() as AddressInfo;
  await new Promise((done) => closed.close(done));
  return `http://127.0.0.1:${port}`;
}
