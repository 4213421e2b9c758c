import { createServer } from 'node:net';
import { once } from 'node:events';
import { AppError } from '@attune/core';
import { DoorHouse } from './door.fixture.js';
import { DOOR, type DoorMethod } from './door-methods.js';
import type { SuggestMappingRequest, SuggestMappingResponse } from './gen/attune/v1/harmonizer.js';
import { defineCall, type UnaryCall } from './grpc-call.js';
import { type DoorCaller, SynchronousDoor } from './synchronous-door.js';

const SUGGEST: DoorMethod<SuggestMappingRequest, SuggestMappingResponse> = DOOR.suggestMapping;
const REQUEST: SuggestMappingRequest = { head: Buffer.from('a,b\n'), size_bytes: 7, entity: '', options_json: '' };
const ANSWER: SuggestMappingResponse = {
  mapping_json: '{"version":1}',
  unsure: [{ ordinal: 3, name: 'zz', field: '', confidence: 0.25, reasons: ['Nothing is known by this name.'] }],
  fingerprint: 'ff',
};

let house: DoorHouse;
let caller: DoorCaller;
const doors: SynchronousDoor[] = [];

beforeAll(async () => {
  house = await DoorHouse.build();
  caller = { key: house.key, requestId: 'r1', signal: new AbortController().signal };
});
afterAll(async () => {
  for (const door of doors) door.close();
  await house.close();
});

function door(harmonizer: readonly string[], own: readonly UnaryCall[] = []): SynchronousDoor {
  const made = new SynchronousDoor(house.callsOf(own), { validator: [], harmonizer, generator: [] }, undefined);
  doors.push(made);
  return made;
}

/** The same call behind both ways in. */
async function bothWays(handle: Parameters<typeof defineCall<SuggestMappingRequest, SuggestMappingResponse>>[1]) {
  const call = defineCall(SUGGEST, handle);
  const { port } = await house.serve([call]);
  return { direct: door([], [call]), remote: door([`127.0.0.1:${port}`]) };
}

/** An address where nobody listens. */
async function deadAddress(): Promise<string> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return `127.0.0.1:${port}`;
}

const failure = (work: Promise<unknown>): Promise<AppError> =>
  work.then(
    () => Promise.reject(new Error('answered')),
    (error: AppError) => error,
  );

test('the answer is the same, byte for byte, from this process and from another', async () => {
  const { direct, remote } = await bothWays(async ({ head, size_bytes }, { tenantId, requestId }) =>
    Promise.resolve({ ...ANSWER, fingerprint: [head.toString(), size_bytes, tenantId, requestId].join('|') }),
  );
  const answers = [await direct.call(SUGGEST, REQUEST, caller), await remote.call(SUGGEST, REQUEST, caller)];
  expect(answers[0]).toEqual(answers[1]);
  expect(SUGGEST.definition.responseSerialize(answers[0]!)).toEqual(SUGGEST.definition.responseSerialize(answers[1]!));
  expect(answers[0]!.fingerprint).toBe(`a,b\n|7|${house.tenantId}|r1`);
});

test('an error is the same from this process and from another, with its code, its words and its places', async () => {
  const places = [{ pointer: '/fields/0', code: 'field.unknown', message: 'There is no such field.' }];
  const { direct, remote } = await bothWays(() => Promise.reject(new AppError('mapping_invalid', 'It does not fit.', { errors: places })));
  for (const way of [direct, remote]) {
    const error = await failure(way.call(SUGGEST, REQUEST, caller));
    expect(error).toBeInstanceOf(AppError);
    expect(error).toMatchObject({ code: 'mapping_invalid', detail: 'It does not fit.', errors: places });
  }
});

test('the key is judged on both ways', async () => {
  const { direct, remote } = await bothWays(() => Promise.resolve(ANSWER));
  for (const way of [direct, remote])
    expect(await failure(way.call(SUGGEST, REQUEST, { ...caller, key: undefined }))).toMatchObject({ code: 'unauthenticated' });
});

test('a deadline that passes is overload on both ways, and the call is told to stop', async () => {
  let stopped = 0;
  const { direct, remote } = await bothWays((_, { signal }) => {
    signal.addEventListener('abort', () => stopped++);
    return new Promise(() => undefined);
  });
  for (const way of [direct, remote]) {
    const error = await failure(way.call(SUGGEST, REQUEST, { ...caller, deadlineMs: 150 }));
    expect(error).toMatchObject({ code: 'overloaded', retryable: true });
  }
  while (stopped < 2) await new Promise(setImmediate);
});

test('a client that goes away takes its call with it on both ways', async () => {
  let stopped = 0;
  const { direct, remote } = await bothWays((_, { signal }) => {
    signal.addEventListener('abort', () => stopped++);
    entered();
    return new Promise(() => undefined);
  });
  let entered: () => void = () => undefined;
  for (const way of [direct, remote]) {
    const inside = new Promise<void>((resolve) => (entered = resolve));
    const gone = new AbortController();
    // A deadline beyond that of the test, so that it cannot be what ends the call.
    const answer = failure(way.call(SUGGEST, REQUEST, { ...caller, signal: gone.signal, deadlineMs: 60_000 }));
    await inside;
    gone.abort(new AppError('stage.cancelled', 'the client has gone'));
    await answer;
  }
  while (stopped < 2) await new Promise(setImmediate);
});

test('nobody there is said with the setting to mend, whether it is absent or wrong', async () => {
  for (const addresses of [[], [await deadAddress()]]) {
    const error = await failure(door(addresses).call(SUGGEST, REQUEST, caller));
    expect(error).toMatchObject({ code: 'dependency_unavailable', status: 503 });
    expect(error.detail).toContain('ATTUNE_HARMONIZER_GRPC');
  }
});

test('one dead address of two costs no read-only call its answer, and a call that is not read-only is asked once', async () => {
  let asked = 0;
  const call = defineCall(SUGGEST, () => {
    asked++;
    return Promise.resolve(ANSWER);
  });
  const { port } = await house.serve([call]);
  const two = door([await deadAddress(), `127.0.0.1:${port}`]);
  for (let n = 0; n < 4; n++) expect(await two.call(SUGGEST, REQUEST, caller)).toEqual(ANSWER);
  expect(asked).toBe(4);
  const refusing = defineCall(SUGGEST, () => {
    asked++;
    return Promise.reject(new AppError('dependency_unavailable', 'not now'));
  });
  const server = await house.serve([refusing]);
  const busy = door([`127.0.0.1:${server.port}`]);
  const asks = async (method: typeof SUGGEST): Promise<number> => {
    asked = 0;
    expect(await failure(busy.call(method, REQUEST, caller))).toMatchObject({ code: 'dependency_unavailable', detail: 'not now' });
    return asked;
  };
  expect(await asks(SUGGEST)).toBe(3);
  expect(await asks({ ...SUGGEST, readOnly: false })).toBe(1);
});

test('several addresses take turns', async () => {
  const answers = (name: string) => defineCall(SUGGEST, () => Promise.resolve({ ...ANSWER, fingerprint: name }));
  const ports = await Promise.all(['one', 'two'].map(async (name) => (await house.serve([answers(name)])).port));
  const both = door(ports.map((port) => `127.0.0.1:${port}`));
  const seen = new Set<string>();
  for (let n = 0; n < 4; n++) seen.add((await both.call(SUGGEST, REQUEST, caller)).fingerprint);
  expect([...seen].sort()).toEqual(['one', 'two']);
});
