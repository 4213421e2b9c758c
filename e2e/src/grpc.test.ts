import path from 'node:path';
import { jobPaths, LogLine, PreviewBody } from '@attune/api';
import {
  type ClientReadableStream,
  credentials,
  type GrpcObject,
  loadPackageDefinition,
  Metadata,
  type ServiceError,
  status,
} from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';
import { freePort } from '../faults/deployment.mjs';
import type { Split } from '../faults/split.mjs';
import { Installation, linesOf, ROOT } from './installation.js';

interface Preview {
  format: string;
  delimiter: string;
  has_header: boolean;
  columns: { name: string; field: string }[];
}
interface Told {
  /** Absent in a message about progress. */
  event?: { seq: string; type: string; data_json: string } | null;
}
type Unary<Answer> = (
  request: object,
  metadata: Metadata,
  options: object,
  done: (error: ServiceError | null, answer: Answer) => void,
) => void;
interface Clients {
  readonly validator: { readonly Preview: Unary<Preview>; close(): void };
  readonly jobs: { Watch(request: object, metadata: Metadata, options: object): ClientReadableStream<Told>; close(): void };
}
type Made = new (address: string, secret: ReturnType<typeof credentials.createInsecure>) => never;

const HEAD = Buffer.from('pat_id;First Name;LAST;dob;sex\nP1;Ada;Winter;1980-02-03;F\nP2;Bo;Sommer;1991-12-24;M\n');
const opened: { close(): void }[] = [];

/** A client that knows nothing but the files of proto/. */
function clientsOf(address: string): Clients {
  const files = ['attune/v1/validator.proto', 'attune/v1/jobs.proto'];
  const loaded = loadPackageDefinition(
    loadSync(files, { includeDirs: [path.join(ROOT, 'proto')], keepCase: true, defaults: true, longs: String }),
  );
  const { Validator, Jobs } = (loaded['attune'] as GrpcObject)['v1'] as unknown as { Validator: Made; Jobs: Made };
  const clients: Clients = {
    validator: new Validator(address, credentials.createInsecure()),
    jobs: new Jobs(address, credentials.createInsecure()),
  };
  opened.push(clients.validator, clients.jobs);
  return clients;
}

afterAll(() => opened.forEach((client) => client.close()));

function metadataOf(attune: Installation, key?: string): Metadata {
  const metadata = new Metadata();
  metadata.set('authorization', key === undefined ? attune.server.headers['Authorization']! : `Bearer ${key}`);
  return metadata;
}

const soon = (): { deadline: Date } => ({ deadline: new Date(Date.now() + 60_000) });

function preview({ validator }: Clients, request: object, metadata: Metadata, options: object = soon()): Promise<Preview> {
  return new Promise((resolve, reject) =>
    validator.Preview(request, metadata, options, (error, answer) => (error ? reject(error) : resolve(answer))),
  );
}

/** Watches until the stream ends, and answers the numbered events it was told. */
async function watch({ jobs }: Clients, id: string, after: number, metadata: Metadata, onEvent: (seq: number) => void = () => undefined) {
  const events: { seq: number; type: string }[] = [];
  const stream = jobs.Watch({ job_id: id, after_seq: after }, metadata, soon());
  const error = await new Promise<ServiceError | undefined>((resolve) => {
    stream.on('data', ({ event }: Told) => {
      if (!event) return;
      events.push({ seq: Number(event.seq), type: event.type });
      onEvent(Number(event.seq));
    });
    stream.on('end', () => resolve(undefined));
    stream.on('error', resolve);
  });
  return { events, error };
}

async function history(attune: Installation, id: string): Promise<{ seq: number; type: string }[]> {
  const text = await (await attune.request(jobPaths(id).logs)).text();
  return linesOf(text)
    .map((line) => LogLine.parse(line))
    .map(({ seq, type }) => ({ seq, type }));
}

function httpPreview(attune: Installation, base: string): Promise<Response> {
  return fetch(`${base}/api/v1/preview`, {
    method: 'POST',
    headers: { ...attune.server.headers, 'content-type': 'application/octet-stream' },
    body: new Uint8Array(HEAD),
  });
}

describe('all-in-one', () => {
  let attune: Installation;
  let clients: Clients;
  beforeAll(async () => {
    const port = String(await freePort());
    attune = await Installation.start({ ATTUNE_GRPC_PORT: port });
    clients = clientsOf(`127.0.0.1:${port}`);
  });
  afterAll(() => attune.stop());

  test('a preview says what the head of a file is and which column would become which field', async () => {
    const answer = await preview(clients, { head: HEAD, size_bytes: 1_000_000 }, metadataOf(attune));
    expect(answer).toMatchObject({ format: 'delimited', delimiter: ';', has_header: true });
    expect(Object.fromEntries(answer.columns.map(({ name, field }) => [name, field]))).toMatchObject({
      'First Name': 'first_name',
      dob: 'birth_date',
      sex: 'sex',
    });
  });

  test('a preview needs a key, a deadline and a file it can read', async () => {
    const wrong = preview(clients, { head: HEAD }, metadataOf(attune, 'att_live_wrong'));
    await expect(wrong).rejects.toMatchObject({ code: status.UNAUTHENTICATED });
    await expect(preview(clients, { head: HEAD }, metadataOf(attune), {})).rejects.toMatchObject({ code: status.INVALID_ARGUMENT });
    const junk = await preview(clients, { head: Buffer.from('%PDF-1.7\n%\xe2\xe3') }, metadataOf(attune)).catch(
      (error: ServiceError) => error,
    );
    expect(junk).toMatchObject({ code: status.INVALID_ARGUMENT });
    expect((junk as ServiceError).metadata.get('problem-code')).toEqual(['unprocessable_file']);
  });

  test('a watch tells the whole history of a job in order, and from any number on the rest of it', async () => {
    const { job_id: id } = await attune.submit({ bytes: HEAD });
    const whole = await watch(clients, id, 0, metadataOf(attune));
    expect(whole.error).toBeUndefined();
    expect(whole.events).toEqual(await history(attune, id));
    expect(whole.events.at(-1)?.type).toBe('job.status_changed');
    for (const after of [1, whole.events.length - 1, whole.events.length]) {
      const rest = await watch(clients, id, whole.events[after - 1]!.seq, metadataOf(attune));
      expect(rest).toEqual({ events: whole.events.slice(after), error: undefined });
    }
    const nobodys = await watch(clients, 'job_00000000-0000-7000-8000-000000000000', 0, metadataOf(attune));
    expect(nobodys.error).toMatchObject({ code: status.NOT_FOUND });
  });
});

describe('split', () => {
  let attune: Installation<Split>;
  let split: Split;
  beforeAll(async () => {
    attune = await Installation.startSplit();
    split = attune.server;
  });
  afterAll(() => attune.stop());

  test('both gateways preview alike through the workers, and do so still when one of each worker has gone', async () => {
    const texts = await Promise.all([0, 1].map(async (n) => (await httpPreview(attune, split.gateway(n).url)).text()));
    expect(PreviewBody.parse(JSON.parse(texts[0]!)).sample.records).toBe(2);
    expect(texts[1]).toBe(texts[0]);
    const gone = split.processes.filter(({ name }) => name === 'validator-0' || name === 'harmonizer-1');
    expect(gone).toHaveLength(2);
    await Promise.all(gone.map((process) => process.kill()));
    for (let n = 0; n < 6; n++) {
      const answer = await httpPreview(attune, split.gateway(n % 2).url);
      expect([answer.status, await answer.text()]).toEqual([200, texts[0]]);
    }
    await Promise.all(gone.map((process) => process.start()));
  });

  test('a watcher whose gateway is killed goes on at the other one and has missed nothing', async () => {
    const metadata = metadataOf(attune);
    const [one, other] = [clientsOf(split.gateway(0).grpc), clientsOf(split.gateway(1).grpc)];
    const { job_id: id } = await attune.submit({ bytes: HEAD });
    let killed: Promise<unknown> | undefined;
    const first = await watch(one, id, 0, metadata, () => void (killed ??= split.gateway(0).process.kill()));
    await killed;
    const last = first.events.at(-1)!.seq;
    const second = await watch(other, id, last, metadata);
    expect(second.error).toBeUndefined();
    expect([...first.events, ...second.events]).toEqual(await history(attune, id));
    await split.gateway(0).process.start();
  });

  test('a gateway that stops in order ends its watches as unavailable, not as the end of the job', async () => {
    const metadata = metadataOf(attune);
    const workers = split.processes.filter(({ name }) => name.startsWith('generator'));
    await Promise.all(workers.map((process) => process.stop())); // nobody publishes, so the job cannot end meanwhile
    const { job_id: id } = await attune.submit({ bytes: HEAD });
    let stopped: Promise<unknown> | undefined;
    const cut = await watch(clientsOf(split.gateway(0).grpc), id, 0, metadata, () => void (stopped ??= split.gateway(0).process.stop()));
    await stopped;
    expect(cut.error).toMatchObject({ code: status.UNAVAILABLE });
    await Promise.all([...workers, split.gateway(0).process].map((process) => process.start()));
    const rest = await watch(clientsOf(split.gateway(1).grpc), id, cut.events.at(-1)!.seq, metadata);
    expect([...cut.events, ...rest.events]).toEqual(await history(attune, id));
  });
});
