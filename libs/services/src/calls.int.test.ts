import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { PreviewBody, ProblemBody } from '@attune/api';
import { Mapping } from '@attune/core';
import {
  Database,
  DOOR,
  type DoorMethod,
  type GrpcCall,
  hashApiKey,
  keyStart,
  newApiKey,
  openServices,
  readConfig,
  type RunningProcess,
  TenantsRepository,
} from '@attune/platform';
import { Generation, generators } from '@attune/synth';
import { type FreshDatabase, freshDatabase } from '@attune/testing';
import { Client, credentials, Metadata, type ServiceError, status } from '@grpc/grpc-js';
import { pino } from 'pino';
import { gateway, generator, services } from './index.js';

const PEPPER = 'a pepper for the tests';
const MiB = 1024 * 1024;
const FILE = Buffer.from(
  'patient_id,first_name,last_name,birth_date,sex\nP1,Ada,Winter,1980-02-03,F\nP2,Bo,Sommer,1991-12-24,M\nP3,Cy,Herbst\nP4,Dot,Lenz,1970-02-30,F\n',
);

const key = newApiKey();
let directory: string;
let fresh: FreshDatabase;
let all: RunningProcess;
/** A gateway alone, which asks the process above. */
let alone: RunningProcess;
let client: Client;

beforeAll(async () => {
  directory = mkdtempSync(path.join(tmpdir(), 'attune-calls-'));
  fresh = await freshDatabase();
  const database = await Database.open(fresh.url);
  const tenants = new TenantsRepository(database);
  await tenants.addKey(await tenants.ensureTenant('calls'), keyStart(key), hashApiKey(key, PEPPER));
  await database.close();
  const settings = { ATTUNE_HTTP_PORT: '0', ATTUNE_KEY_PEPPER: PEPPER, ATTUNE_ENGINE_PROCESSES: '1' };
  const open = (list: typeof services, own: Record<string, string>) =>
    openServices(list, readConfig({ ...settings, ...own }), fresh.url, pino({ level: 'silent' }));
  all = await open(services, { ATTUNE_DATA_DIR: path.join(directory, 'all') });
  const address = `127.0.0.1:${all.grpcPort}`;
  alone = await open([gateway], {
    ATTUNE_DATA_DIR: path.join(directory, 'alone'),
    ATTUNE_VALIDATOR_GRPC: address,
    ATTUNE_HARMONIZER_GRPC: `dns:///${address}`,
  });
  client = new Client(address, credentials.createInsecure());
});

afterAll(async () => {
  client.close();
  await alone.close();
  await all.close();
  await fresh.drop();
  rmSync(directory, { recursive: true });
});

type Ending = Pick<ServiceError, 'code' | 'details'> & { problem?: unknown; answers: unknown[] };

/** The raw bytes of a request to any call, and how it ends. */
function send(
  { kind, method }: GrpcCall,
  bytes: Buffer,
  options: { key?: string | undefined; deadline?: number; through?: Client },
): Promise<Ending> {
  const { through = client } = options;
  const metadata = new Metadata();
  if (options.key !== undefined) metadata.set('authorization', `Bearer ${options.key}`);
  const callOptions = options.deadline === undefined ? {} : { deadline: options.deadline };
  const { path: name, responseDeserialize } = method.definition;
  const same = (sent: Buffer): Buffer => sent;
  return new Promise((resolve) => {
    const answers: unknown[] = [];
    const ended = (error: ServiceError | null): void =>
      resolve({ code: error?.code ?? status.OK, details: error?.details ?? '', problem: error?.metadata?.get('problem-code')[0], answers });
    if (kind === 'unary') {
      through.makeUnaryRequest(name, same, responseDeserialize, bytes, metadata, callOptions, (error, answer) => {
        if (!error) answers.push(answer);
        ended(error);
      });
      return;
    }
    const stream = through.makeServerStreamRequest(name, same, responseDeserialize, bytes, metadata, callOptions);
    stream.on('data', (answer: unknown) => answers.push(answer)).on('end', () => ended(null));
    stream.on('error', (error: ServiceError) => ended(error));
  });
}

const soon = (): number => Date.now() + 20_000;
const calls = services.flatMap((service) => [...service.calls]).map((call) => [call.method.definition.path, call] as const);

test('every method of the door is registered with the service that owns it, once', () => {
  const registered = services.flatMap(({ name, calls: mine }) => mine.map(({ method }) => `${name} ${method.definition.path}`));
  const owned = Object.values(DOOR).map(({ owner, definition }) => `${owner} ${definition.path}`);
  expect(registered.sort()).toEqual(owned.sort());
});

describe.each(calls)('%s', (_, call) => {
  test('tells nothing without a key', async () => {
    expect(await send(call, Buffer.alloc(0), { deadline: soon() })).toMatchObject({
      code: status.UNAUTHENTICATED,
      problem: 'unauthenticated',
      answers: [],
    });
    const wrong = newApiKey();
    expect(await send(call, Buffer.alloc(0), { key: wrong, deadline: soon() })).toMatchObject({ code: status.UNAUTHENTICATED });
  });

  test('wants a deadline', async () => {
    expect(await send(call, Buffer.alloc(0), { key })).toMatchObject({ code: status.INVALID_ARGUMENT, problem: 'validation_failed' });
  });

  test('takes no message above 4 MiB', async () => {
    const large = Buffer.alloc(4 * MiB + 1);
    expect(await send(call, large, { key, deadline: soon() })).toMatchObject({ code: status.RESOURCE_EXHAUSTED });
  });

  test('passes over fields it does not know, and an empty request is the caller at fault', async () => {
    const unknown = Buffer.from([0xf8, 0x3f, 0x01]);
    const { code, problem } = await send(call, unknown, { key, deadline: soon() });
    expect([status.INVALID_ARGUMENT, status.NOT_FOUND]).toContain(code);
    expect(problem).toEqual(expect.any(String));
  });
});

async function ask<Request, Response>(method: DoorMethod<Request, Response>, request: Request, through = client): Promise<Response> {
  const call = calls.find(([name]) => name === method.definition.path)![1];
  const { code, details, answers } = await send(call, method.definition.requestSerialize(request), { key, deadline: soon(), through });
  if (code !== status.OK) throw new Error(`${status[code]}: ${details}`);
  return answers[0] as Response;
}

const head = { head: FILE, size_bytes: 0, options_json: '' };

test('a sample is validated with the place of every finding, and the counts know what the limit leaves out', async () => {
  const dated = { fields: [{ field: 'birth_date', from: [{ ordinal: 3, name: 'birth_date' }] }] };
  const found = await ask(DOOR.validateSample, { ...head, mapping_json: JSON.stringify(dated), limit: 1 });
  expect(found).toMatchObject({ records: 4, quarantined: 1 });
  expect(found.counts).toEqual([
    { code: 'csv.field_count', severity: 'error', count: 1 },
    { code: 'date.invalid', severity: 'error', count: 1 },
  ]);
  const at = FILE.indexOf('P3,');
  expect(found.findings).toEqual([
    expect.objectContaining({ code: 'csv.field_count', location: { member: '', record: 3, line: 4, byte_offset: at, column: undefined } }),
  ]);
  const { findings } = await ask(DOOR.validateSample, { ...head, mapping_json: JSON.stringify(dated), limit: 0 });
  expect(findings[1]).toMatchObject({ code: 'date.invalid', field: 'birth_date', value: '1970-02-30', location: { record: 4, column: 3 } });
});

test('a mapping of the caller is obeyed, and a wrong one is told by its place', async () => {
  const mapping = { fields: [{ field: 'last_name', from: [{ ordinal: 1, name: 'first_name' }] }] };
  const tried = await ask(DOOR.transformSample, { ...head, mapping_json: JSON.stringify(mapping), limit: 1, entity: '' });
  expect(Mapping.parse(JSON.parse(tried.mapping_json)).fields.map(({ field }) => field)).toEqual(['last_name']);
  expect(tried.records).toHaveLength(1);
  expect(tried.records[0]!.values).toContainEqual({
    field: 'last_name',
    columns: [1],
    received: 'Ada',
    canonical: 'Ada',
    finding: undefined,
  });
  const wrong = ask(DOOR.transformSample, { ...head, mapping_json: '{"fields":1}', limit: 1, entity: '' });
  await expect(wrong).rejects.toThrow('INVALID_ARGUMENT: The mapping is not valid.');
  await expect(ask(DOOR.transformSample, { ...head, mapping_json: '{', limit: 1, entity: '' })).rejects.toThrow('The mapping is not JSON.');
});

test('of a head that was cut, the record that goes on behind it is left out, even inside quotes', async () => {
  const cut = Buffer.concat([FILE, Buffer.from('P5,"two\nlines')]);
  const sample = (size_bytes: number) => ask(DOOR.validateSample, { ...head, head: cut, size_bytes, mapping_json: '', limit: 0 });
  expect((await sample(1_000_000)).records).toBe(4);
  expect((await sample(0)).counts.map(({ code }) => code)).toContain('csv.unterminated_quote');
});

test('a suggestion carries its reasons, and what is not sure', async () => {
  const text = Buffer.from('pat_id,First Name,zz\nP1,Ada,1\nP2,Bo,2\n');
  const { mapping_json, unsure, fingerprint } = await ask(DOOR.suggestMapping, { ...head, head: text, entity: 'person' });
  const mapping = Mapping.parse(JSON.parse(mapping_json));
  expect(mapping.fields.find(({ field }) => field === 'first_name')?.reasons.length).toBeGreaterThan(0);
  expect(unsure).toEqual([expect.objectContaining({ ordinal: 2, name: 'zz', field: '' })]);
  expect(fingerprint).toMatch(/^[0-9a-f]{64}$/);
});

const sampled = { entity: 'person', record_count: 300, seed: 12, output_format: 'csv', hostile_share: 0 };

test.each(['csv', 'ndjson'] as const)(
  'a sample of %s is the same bytes for the same seed, as the generator makes them alone',
  async (format) => {
    const wanted = { ...sampled, output_format: format, hostile_share: 0.1, include_address: false, duplicate_share: 0.2 };
    const [once, again, other] = await Promise.all([12, 12, 13].map((seed) => ask(DOOR.generateSample, { ...wanted, seed })));
    const settings = { records: 300, seed: 12, format, hostileShare: 0.1, includeAddress: false, duplicateShare: 0.2 };
    const generation = new Generation(generators[0]!, settings);
    const chunks = [...generation];
    expect(once!.content.equals(Buffer.concat(chunks.map(({ bytes }) => bytes)))).toBe(true);
    expect(again).toEqual(once);
    expect(other!.content.equals(once!.content)).toBe(false);
    const { faults, planted, ...counts } = once!.truth!;
    expect(generation.counts).toMatchObject({ ...counts, faults: Object.fromEntries(faults.map(({ fault, count }) => [fault, count])) });
    expect(planted.map(({ record }) => record)).toEqual(chunks.flatMap((chunk) => chunk.planted.map(({ ordinal }) => ordinal)));
    expect(planted).toHaveLength(300 - counts.originals);
  },
);

test('a generator alone answers the same sample', async () => {
  const config = readConfig({ ATTUNE_HTTP_PORT: '0', ATTUNE_KEY_PEPPER: PEPPER, ATTUNE_DATA_DIR: path.join(directory, 'generator') });
  const process = await openServices([generator], config, fresh.url, pino({ level: 'silent' }));
  const own = new Client(`127.0.0.1:${process.grpcPort}`, credentials.createInsecure());
  try {
    expect(await ask(DOOR.generateSample, sampled, own)).toEqual(await ask(DOOR.generateSample, sampled));
  } finally {
    own.close();
    await process.close();
  }
});

test('a sample has exactly as many records as were asked for, and addresses unless they are refused', async () => {
  const { content, content_type, truth } = await ask(DOOR.generateSample, { ...sampled, record_count: 1000, output_format: 'ndjson' });
  const records = content.toString().trimEnd().split('\n');
  expect([records.length, truth!.records, content_type]).toEqual([1000, 1000, 'application/x-ndjson']);
  expect(Object.keys(JSON.parse(records[0]!) as object)).toContain('zip');
  const without = await ask(DOOR.generateSample, { ...sampled, include_address: false });
  expect(without.content.toString().split('\n')[0]).not.toMatch(/address|city|state|zip/);
});

test('the harmonizer sets aside exactly the records of a sample that its truth calls broken', async () => {
  const { content, truth } = await ask(DOOR.generateSample, { ...sampled, record_count: 200, hostile_share: 0.2 });
  const readable = ['nul', 'crlf', 'blank_line'];
  const broken = truth!.planted.filter(({ kind, fault }) => kind === 'hostile' && !readable.includes(fault!));
  const asked = { head: content, size_bytes: 0, options_json: '', mapping_json: '', limit: 200, entity: 'person' };
  const { records, total } = await ask(DOOR.transformSample, asked);
  const aside = records.filter(({ quarantined }) => quarantined).map(({ location }) => location!.record);
  expect([total, aside]).toEqual([200, broken.map(({ record }) => record)]);
  expect(broken.length).toBeGreaterThan(10);
});

test.each([
  [{ record_count: 0 }],
  [{ record_count: 1001 }],
  [{ entity: 'claim' }],
  [{ output_format: 'xml' }],
  [{ hostile_share: 2 }],
  [{ hostile_share: Number.NaN }],
  [{ duplicate_share: 0.9 }],
])('a sample with %j is the caller at fault', async (wrong) => {
  await expect(ask(DOOR.generateSample, { ...sampled, ...wrong })).rejects.toThrow('INVALID_ARGUMENT: The request is not valid.');
});

function preview(process: RunningProcess, body: Buffer | FormData, query = '', headers: Record<string, string> = {}): Promise<Response> {
  const type: Record<string, string> = body instanceof FormData ? {} : { 'content-type': 'application/octet-stream' };
  const sent = body instanceof FormData ? body : new Uint8Array(body);
  return fetch(`${process.url}/api/v1/preview${query}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, ...type, ...headers },
    body: sent,
  });
}

const formOf = (name: string, bytes: Buffer): FormData => {
  const form = new FormData();
  form.set(name, new Blob([new Uint8Array(bytes)]), 'people.csv');
  return form;
};

test('a preview is the same, byte for byte, from one process and from a gateway that asks others', async () => {
  const texts: string[] = [];
  for (const body of [FILE, formOf('file', FILE), gzipSync(FILE)])
    for (const process of [all, alone]) {
      const answer = await preview(process, body);
      expect(answer.status).toBe(200);
      texts.push(await answer.text());
    }
  const [direct, remote, directForm, remoteForm, directZipped, remoteZipped] = texts;
  expect(remote).toBe(direct);
  expect([directForm, remoteForm]).toEqual([direct, direct]);
  expect(remoteZipped).toBe(directZipped);
  const body = PreviewBody.parse(JSON.parse(direct!));
  expect(body.detection).toMatchObject({ format: 'delimited', delimiter: ',', has_header: true });
  expect(body.sample).toMatchObject({ records: 4, quarantined: 1 });
  expect(body.sample.data.map(({ status: became, code }) => [became, code])).toEqual([
    ['out', null],
    ['out', null],
    ['quarantined', 'csv.field_count'],
    ['out', null],
  ]);
  expect(body.sample.data[0]!.values).toContainEqual({ field: 'sex', columns: [4], received: 'F', canonical: 'female', finding: null });
  expect(PreviewBody.parse(JSON.parse(directZipped!)).sample).toEqual(body.sample);
});

test('what only the file shows is answered with its own code, on both ways', async () => {
  for (const process of [all, alone]) {
    const codes = async (...asked: [Buffer | FormData, string?, Record<string, string>?]): Promise<[number, string]> => {
      const answer = await preview(process, ...asked);
      return [answer.status, ProblemBody.parse(await answer.json()).code];
    };
    expect(await codes(Buffer.alloc(0))).toEqual([422, 'unprocessable_file']);
    expect(await codes(gzipSync(FILE).subarray(0, 40))).toEqual([422, 'container.corrupt']);
    expect(await codes(FILE, '?entity=nothing')).toEqual([422, 'mapping_invalid']);
    expect(await codes(Buffer.alloc(MiB + 1, 'a,b\n'))).toEqual([413, 'payload_too_large']);
    expect(await codes(formOf('file', Buffer.alloc(MiB + 1, 'a,b\n')))).toEqual([413, 'payload_too_large']);
    expect(await codes(formOf('other', FILE))).toEqual([400, 'validation_failed']);
    expect(await codes(FILE, '?size=1')).toEqual([400, 'validation_failed']);
    expect(await codes(FILE, '', { 'content-type': 'text/csv' })).toEqual([415, 'unsupported_media']);
  }
});

test('a gateway that knows no worker says which setting is missing', async () => {
  const config = readConfig({ ATTUNE_HTTP_PORT: '0', ATTUNE_KEY_PEPPER: PEPPER, ATTUNE_DATA_DIR: path.join(directory, 'lonely') });
  const lonely = await openServices([gateway], config, fresh.url, pino({ level: 'silent' }));
  try {
    const answer = await preview(lonely, FILE);
    expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, '2']);
    const problem = ProblemBody.parse(await answer.json());
    expect(problem.code).toBe('dependency_unavailable');
    expect(problem.detail).toContain('ATTUNE_VALIDATOR_GRPC');
  } finally {
    await lonely.close();
  }
});

test('no call leaves a file behind', () => {
  expect(readdirSync(path.join(directory, 'all/scratch'))).toEqual([]);
});
