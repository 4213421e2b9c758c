import { once } from 'node:events';
import { AppError } from '@attune/core';
import { type Client, type ClientReadableStream, Metadata, type ServiceError, status } from '@grpc/grpc-js';
import { service as health } from 'grpc-health-check';
import { ask, DoorHouse } from './door.fixture.js';
import { DOOR } from './door-methods.js';
import type { SuggestMappingRequest } from './gen/attune/v1/harmonizer.js';
import type { WatchResponse } from './gen/attune/v1/jobs.js';
import { Status } from './gen/google/rpc/status.js';
import { BadRequest, ErrorInfo } from './gen/google/rpc/error_details.js';
import { defineCall, defineStream } from './grpc-call.js';

const SUGGEST = DOOR.suggestMapping;
const REQUEST: SuggestMappingRequest = { head: Buffer.from('a,b\n'), size_bytes: 0, entity: 'person', options_json: '' };
const MiB = 1024 * 1024;

let house: DoorHouse;

beforeAll(async () => void (house = await DoorHouse.build()));
afterAll(() => house.close());

/** Answers the request's own words, so that a test sees what has arrived. */
const echo = defineCall(SUGGEST, async ({ head, entity }, { tenantId, requestId }) => {
  if (entity === 'large') return { mapping_json: 'x'.repeat(4 * MiB), unsure: [], fingerprint: '' };
  if (entity === 'wrong')
    throw new AppError('mapping_invalid', 'The mapping does not fit.', {
      errors: [{ pointer: '/fields/0', code: 'field.unknown', message: 'There is no such field.' }],
    });
  if (entity === 'broken') throw new Error('secret value 4711');
  return Promise.resolve({ mapping_json: JSON.stringify({ tenantId, requestId, entity }), unsure: [], fingerprint: String(head) });
});

async function echoing(): Promise<Client> {
  return house.client((await house.serve([echo])).port);
}

const failure = (work: Promise<unknown>): Promise<ServiceError> =>
  work.then(
    () => Promise.reject(new Error('answered')),
    (error: ServiceError) => error,
  );

test('a call is answered for the tenant of its key, and no scratch is left', async () => {
  const answer = await ask(await echoing(), SUGGEST.definition, REQUEST, house.metadata());
  expect(JSON.parse(answer.mapping_json)).toMatchObject({ tenantId: house.tenantId, entity: 'person' });
  expect(await house.scratch()).toEqual([]);
});

test('a request id travels in and out; one that is no plain word is replaced', async () => {
  const client = await echoing();
  const through = async (id: string): Promise<[unknown, unknown]> => {
    const metadata = house.metadata();
    metadata.set('x-request-id', id);
    let told: unknown;
    const onMetadata = (opening: Metadata): void => void (told = opening.get('x-request-id')[0]);
    const answer = await ask(client, SUGGEST.definition, REQUEST, metadata, { deadline: Date.now() + 10_000, onMetadata });
    return [(JSON.parse(answer.mapping_json) as { requestId: string }).requestId, told];
  };
  expect(await through('req-1')).toEqual(['req-1', 'req-1']);
  const [seen, told] = await through('a b');
  expect(seen).toMatch(/^[0-9a-f-]{36}$/);
  expect(told).toBe(seen);
});

test('no key, a wrong key and no deadline are refused with their code', async () => {
  const client = await echoing();
  expect(await failure(ask(client, SUGGEST.definition, REQUEST, house.metadata('')))).toMatchObject({ code: status.UNAUTHENTICATED });
  const wrong = house.key.slice(0, -1) + (house.key.endsWith('0') ? '1' : '0');
  expect(await failure(ask(client, SUGGEST.definition, REQUEST, house.metadata(wrong)))).toMatchObject({ code: status.UNAUTHENTICATED });
  const endless = await failure(ask(client, SUGGEST.definition, REQUEST, house.metadata(), {}));
  expect(endless).toMatchObject({ code: status.INVALID_ARGUMENT, details: 'a call needs a deadline' });
  expect(endless.metadata.get('problem-code')).toEqual(['validation_failed']);
});

test('a message above 4 MiB is refused either way, and one below it is not', async () => {
  const client = await echoing();
  const large = await failure(ask(client, SUGGEST.definition, { ...REQUEST, head: Buffer.alloc(4 * MiB) }, house.metadata()));
  expect(large.code).toBe(status.RESOURCE_EXHAUSTED);
  const answer = await failure(ask(client, SUGGEST.definition, { ...REQUEST, entity: 'large' }, house.metadata()));
  expect(answer.code).toBe(status.RESOURCE_EXHAUSTED);
  const fits = await ask(client, SUGGEST.definition, { ...REQUEST, head: Buffer.alloc(3 * MiB, 0x61) }, house.metadata());
  expect(fits.fingerprint).toHaveLength(3 * MiB);
});

test('a field that this version does not know is passed over', async () => {
  const client = await echoing();
  const newer = {
    ...SUGGEST.definition,
    requestSerialize: (request: SuggestMappingRequest) =>
      Buffer.concat([SUGGEST.definition.requestSerialize(request), Buffer.from([0xf8, 0x3f, 0x01])]),
  };
  const answer = await ask(client, newer, REQUEST, house.metadata());
  expect(answer.fingerprint).toBe('a,b\n');
});

test('an error carries its code and its places as google.rpc.Status, and never a cause', async () => {
  const client = await echoing();
  const wrong = await failure(ask(client, SUGGEST.definition, { ...REQUEST, entity: 'wrong' }, house.metadata()));
  expect(wrong).toMatchObject({ code: status.INVALID_ARGUMENT, details: 'The mapping does not fit.' });
  const told = Status.decode(wrong.metadata.get('grpc-status-details-bin')[0] as Buffer);
  expect(told).toMatchObject({ code: status.INVALID_ARGUMENT, message: 'The mapping does not fit.' });
  expect(told.details.map(({ type_url }) => type_url.split('.').at(-1))).toEqual(['ErrorInfo', 'BadRequest']);
  expect(ErrorInfo.decode(told.details[0]!.value)).toMatchObject({ reason: 'mapping_invalid', domain: 'attune' });
  expect(BadRequest.decode(told.details[1]!.value).field_violations).toEqual([
    { field: '/fields/0', description: 'There is no such field.', reason: 'field.unknown' },
  ]);
  const broken = await failure(ask(client, SUGGEST.definition, { ...REQUEST, entity: 'broken' }, house.metadata()));
  expect(broken).toMatchObject({ code: status.INTERNAL, details: 'Attune has failed' });
  expect(JSON.stringify(broken.metadata.toJSON()) + String(broken.metadata.get('grpc-status-details-bin')[0])).not.toContain('4711');
});

test('the deadline of the caller is the signal of the call, and its scratch goes with it', async () => {
  let aborted: (reason: unknown) => void = () => undefined;
  const reason = new Promise((resolve) => (aborted = resolve));
  const slow = defineCall(SUGGEST, (_, { signal }) => {
    signal.addEventListener('abort', () => aborted(signal.reason));
    return new Promise(() => undefined);
  });
  const client = house.client((await house.serve([slow])).port);
  const late = await failure(ask(client, SUGGEST.definition, REQUEST, house.metadata(), { deadline: Date.now() + 200 }));
  expect(late.code).toBe(status.DEADLINE_EXCEEDED);
  expect(await reason).toMatchObject({ code: 'deadline_exceeded' });
  while ((await house.scratch()).length > 0) await new Promise(setImmediate);
});

test('calls are counted by method and code', async () => {
  await ask(await echoing(), SUGGEST.definition, REQUEST, house.metadata());
  const text = await house.metrics.registry.metrics();
  expect(text).toMatch(/^grpc_server_handled_total\{service="attune\.v1\.Harmonizer",method="SuggestMapping",code="OK"\} [1-9]/m);
  expect(text).toMatch(/^grpc_server_handled_total\{[^}]*code="UNAUTHENTICATED"\} 2$/m);
  expect(text).toMatch(/^grpc_server_handling_seconds_count\{service="attune\.v1\.Harmonizer",method="SuggestMapping"\} [1-9]/m);
});

test('reflection tells the services and their messages', async () => {
  const { port } = await house.serve([echo]);
  for (const version of ['v1', 'v1alpha']) {
    const bytes = (value: Buffer): Buffer => value;
    const stream = house
      .client(port)
      .makeBidiStreamRequest(`/grpc.reflection.${version}.ServerReflection/ServerReflectionInfo`, bytes, bytes, new Metadata());
    stream.write(Buffer.from([0x3a, 0x00])); // list_services
    const [services] = (await once(stream, 'data')) as [Buffer];
    expect(services.toString('latin1')).toContain('attune.v1.Harmonizer');
    expect(services.toString('latin1')).not.toContain('attune.v1.Validator');
    const symbol = Buffer.from('attune.v1.Harmonizer');
    stream.write(Buffer.concat([Buffer.from([0x22, symbol.length]), symbol])); // file_containing_symbol
    const [files] = (await once(stream, 'data')) as [Buffer];
    expect(files.toString('latin1')).toContain('SuggestMappingRequest');
    stream.end();
  }
});

test('a server that stops says so first, ends its streams for others to go on, and finishes what it is answering', async () => {
  let release: () => void = () => undefined;
  const held = new Promise<void>((resolve) => (release = resolve));
  let entered: () => void = () => undefined;
  const inside = new Promise<void>((resolve) => (entered = resolve));
  const slow = defineCall(SUGGEST, async () => {
    entered();
    await held;
    return { mapping_json: '', unsure: [], fingerprint: 'whole' };
  });
  const endless = defineStream(DOOR.watchJob, async function* (_, { signal }) {
    yield { update: { $case: 'progress' as const, value: { progress: 1, status: 'processing', stage: '' } } };
    await once(signal, 'abort');
  });
  const { server, port } = await house.serve([slow, endless]);
  const client = house.client(port);
  const { path: watch, requestSerialize, responseDeserialize } = DOOR.watchJob.definition;
  const stream: ClientReadableStream<WatchResponse> = client.makeServerStreamRequest(
    watch,
    requestSerialize,
    responseDeserialize,
    { job_id: '', after_seq: 0 },
    house.metadata(),
    { deadline: Date.now() + 10_000 },
  );
  await once(stream, 'data');
  const check = health['Check']!;
  const serving = (await ask(client, check, { service: 'attune.v1.Harmonizer' }, new Metadata())) as { status: string };
  expect(serving.status).toBe('SERVING');
  const states = client.makeServerStreamRequest(
    health['Watch']!.path,
    health['Watch']!.requestSerialize,
    health['Watch']!.responseDeserialize,
    { service: 'attune.v1.Harmonizer' },
    new Metadata(),
  ) as ClientReadableStream<{ status: string }>;
  states.on('error', () => undefined);
  await once(states, 'data');
  const answer = ask(client, SUGGEST.definition, REQUEST, house.metadata());
  await inside;
  const notServing = once(states, 'data');
  const cut = once(stream, 'error') as Promise<[ServiceError]>;
  const closed = server.close();
  expect((await notServing)[0]).toEqual({ status: 'NOT_SERVING' });
  expect((await cut)[0]).toMatchObject({ code: status.UNAVAILABLE });
  states.cancel();
  release();
  expect((await answer).fingerprint).toBe('whole');
  await closed;
});
