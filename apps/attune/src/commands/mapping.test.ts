import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { StoredMappingBody } from '@attune/api';
import { type Io } from '../command.js';
import { mapping } from './mapping.js';

const PEOPLE = 'patient_id,first_name,DOB,Shoe\nP1,Quentin,3/9/1987,44\nP2,Ottilie,12/31/1990,38\nP3,Ada,2/30/1990,39\n';
const ID = 'map_0197c0de-1111-7222-8333-444455556666';

let directory: string;
let stdout = '';
let server: Server | undefined;

/** No settings and no network unless a test has a server: suggest, test and diff with files must not want them. */
function io(url?: string): Io {
  return {
    stdout: { write: (text) => (stdout += text) },
    stderr: { write: () => true },
    fetch: url === undefined ? () => Promise.reject(new Error('the command reached for the network')) : fetch,
    version: '0',
    signal: new AbortController().signal,
    settings: () =>
      url === undefined
        ? Promise.reject(new Error('the command reached for the settings'))
        : Promise.resolve({ url, apiKey: 'att_live_of_the_test', dataDir: directory, httpPort: 1 } as Awaited<ReturnType<Io['settings']>>),
  };
}

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'attune-mapping-'));
  stdout = '';
});

afterEach(async () => {
  server?.close();
  server = undefined;
  await rm(directory, { recursive: true });
});

async function file(name: string, content: string | object): Promise<string> {
  const path = join(directory, name);
  await writeFile(path, typeof content === 'string' ? content : JSON.stringify(content));
  return path;
}

const run = async (...args: string[]): Promise<number> => {
  stdout = '';
  return mapping.run(args, io());
};

test('a suggestion is printed for people, and as a document that can be tried and given to a job', async () => {
  const people = await file('people.csv', PEOPLE);
  expect(await run('suggest', people)).toBe(0);
  expect(stdout).toMatch(/a record is a person/);
  expect(stdout).toMatch(/DOB +birth_date +\d+ %/);
  expect(stdout).toMatch(/Shoe/);
  expect(await run('suggest', people, '--json')).toBe(0);
  const document = await file('m.json', stdout);
  expect(await run('test', people, '--mapping', document, '--json')).toBe(1);
  const tried = JSON.parse(stdout) as { records: number; fields: { field: string; received: number; fits: number; first: object[] }[] };
  expect(tried.records).toBe(3);
  expect(tried.fields.find(({ field }) => field === 'birth_date')).toMatchObject({ received: 3, fits: 2, first: [{ line: 4 }] });
  expect(await run('suggest', people, '--entity', 'person')).toBe(0);
  await expect(run('suggest', people, '--entity', 'starship')).rejects.toMatchObject({ code: 'mapping_invalid' });
});

test('a mapping that fits exits with 0, and no value of a record is printed for people', async () => {
  const people = await file('people.csv', PEOPLE);
  const fields = [{ field: 'first_name', from: [{ ordinal: 1, name: 'first_name' }] }];
  const document = await file('m.json', { entity: 'person', fields });
  expect(await run('test', people, '--mapping', document)).toBe(0);
  expect(stdout).toMatch(/first_name +3 of 3/);
  expect(stdout).not.toContain('Quentin');
});

test('two documents are compared field by field', async () => {
  const before = await file('a.json', { fields: [{ field: 'sex', from: [{ ordinal: 1, name: 'g' }] }] });
  const after = await file('b.json', {
    fields: [
      { field: 'sex', from: [{ ordinal: 2, name: 'h' }] },
      { field: 'country', from: [], constant: 'US' },
    ],
  });
  expect(await run('diff', before, after)).toBe(0);
  expect(stdout).toBe('+ country from a constant\n~ sex (from): g -> h\n');
  expect(await run('diff', before, before)).toBe(0);
  expect(stdout).toBe('The mappings are the same.\n');
});

test('what is no mapping is refused with its place', async () => {
  const people = await file('people.csv', PEOPLE);
  const wrong = await file('m.json', { fields: [{ field: '' }] });
  await expect(run('test', people, '--mapping', wrong)).rejects.toThrow('/fields/0/field');
  await expect(run('test', people, '--mapping', await file('n.json', '{'))).rejects.toThrow('is not JSON');
  await expect(run('show', 'people')).rejects.toThrow('ID is the id of a kept mapping');
});

test('save keeps a document, or adds a version to the one that was read; list and show tell of it', async () => {
  const kept: StoredMappingBody[] = [];
  server = createServer((request, response) => void answer(kept, request, response));
  const url = await new Promise<string>((resolve) =>
    server!.listen(0, '127.0.0.1', () => resolve(`http://127.0.0.1:${(server!.address() as AddressInfo).port}`)),
  );
  const online = async (...args: string[]): Promise<string> => {
    stdout = '';
    expect(await mapping.run(args, io(url))).toBe(0);
    return stdout;
  };
  const document = await file('m.json', { fields: [{ field: 'sex', from: [{ ordinal: 1, name: 'g' }] }] });
  expect(await online('save', document, '--name', 'Members')).toBe(`${ID} version 1\n`);
  expect(await online('save', document, '--id', ID)).toBe(`${ID} version 2\n`);
  expect(kept.map(({ name }) => name)).toEqual(['Members', 'Members']);
  expect(await online('list')).toMatch(new RegExp(`${ID} +2 +person +Members`));
  expect(await online('show', ID)).toMatch(/sex +g/);
  expect(await online('diff', `${ID}@1`, ID)).toBe('The mappings are the same.\n');
});

/** A server that keeps one mapping in versions. */
async function answer(kept: StoredMappingBody[], request: IncomingMessage, response: ServerResponse): Promise<void> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const send = (status: number, body: unknown): void =>
    void response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  const url = new URL(request.url ?? '', 'http://x');
  if (request.method === 'POST' || request.method === 'PUT') {
    if (request.method === 'PUT' && request.headers['if-match'] !== `"${kept.length}"`) return send(412, {});
    const { name, mapping: document } = JSON.parse(Buffer.concat(chunks).toString()) as StoredMappingBody;
    kept.push({ mapping_id: ID, version: kept.length + 1, name, entity: 'person', created_at: '2026-01-02T03:04:05Z', mapping: document });
    return send(request.method === 'POST' ? 201 : 200, kept.at(-1));
  }
  if (url.pathname === '/api/v1/mappings') return send(200, { data: kept.slice(-1), next_cursor: null, has_more: false });
  const version = Number(url.searchParams.get('version') ?? kept.length);
  send(200, kept[version - 1]);
}
