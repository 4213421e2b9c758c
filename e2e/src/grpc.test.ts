import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import {
  type ChannelCredentials,
  credentials,
  type GrpcObject,
  loadPackageDefinition,
  Metadata,
  type ServiceError,
  status,
} from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';
import { AllInOne } from '../faults/all-in-one.mjs';
import { freePort } from '../faults/deployment.mjs';

jest.setTimeout(60_000);

interface Preview {
  format: string;
  delimiter: string;
  has_header: boolean;
  columns: { name: string; field: string }[];
}
interface Client {
  Preview(request: object, metadata: Metadata, options: object, done: (error: ServiceError | null, answer: Preview) => void): void;
  close(): void;
}

const ROOT = path.resolve(__dirname, '../..');
const HEAD = Buffer.from('pat_id;First Name;LAST;dob;sex\nP1;Ada;Winter;1980-02-03;F\nP2;Bo;Sommer;1991-12-24;M\n');

let directory: string;
let attune: AllInOne;
let client: Client;

beforeAll(async () => {
  directory = mkdtempSync(path.join(tmpdir(), 'attune-grpc-'));
  const port = await freePort();
  attune = new AllInOne(path.join(directory, 'data'), await freePort(), { ATTUNE_GRPC_PORT: String(port) });
  await attune.start();
  const loaded = loadPackageDefinition(
    loadSync('attune/v1/validator.proto', { includeDirs: [path.join(ROOT, 'proto')], keepCase: true, defaults: true }),
  );
  const { Validator } = (loaded['attune'] as GrpcObject)['v1'] as unknown as {
    Validator: new (address: string, secret: ChannelCredentials) => Client;
  };
  client = new Validator(`127.0.0.1:${port}`, credentials.createInsecure());
});

afterAll(async () => {
  client.close();
  await attune.stop();
  rmSync(directory, { recursive: true, force: true });
});

function preview(request: object, options: { key?: string; deadline?: Date } = {}): Promise<Preview> {
  const metadata = new Metadata();
  metadata.set('authorization', `Bearer ${options.key ?? readFileSync(path.join(directory, 'data/api-key'), 'utf8')}`);
  const deadline = 'deadline' in options ? options.deadline : new Date(Date.now() + 20_000);
  return new Promise((resolve, reject) =>
    client.Preview(request, metadata, deadline ? { deadline } : {}, (error, answer) => (error ? reject(error) : resolve(answer))),
  );
}

test('a preview says what the head of a file is and which column would become which field', async () => {
  const answer = await preview({ head: HEAD, size_bytes: 1_000_000 });
  expect(answer).toMatchObject({ format: 'delimited', delimiter: ';', has_header: true });
  expect(Object.fromEntries(answer.columns.map(({ name, field }) => [name, field]))).toMatchObject({
    'First Name': 'first_name',
    dob: 'birth_date',
    sex: 'sex',
  });
});

test('a preview needs a key, a deadline and a file it can read', async () => {
  await expect(preview({ head: HEAD }, { key: 'att_live_wrong' })).rejects.toMatchObject({ code: status.UNAUTHENTICATED });
  await expect(preview({ head: HEAD }, { deadline: undefined })).rejects.toMatchObject({ code: status.INVALID_ARGUMENT });
  const junk = await preview({ head: Buffer.from('PK\x03\x04 a zip archive') }).catch((error: ServiceError) => error);
  expect(junk).toMatchObject({ code: status.INVALID_ARGUMENT });
  expect((junk as ServiceError).metadata.get('problem-code')).toEqual(['unprocessable_file']);
});
