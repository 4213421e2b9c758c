import type { CollectionBody } from '@attune/api';
import type { Io } from '../command.js';
import { gc } from './gc.js';

const COLLECTION: CollectionBody = {
  dry_run: true,
  stored: { objects: 12, bytes: 3_456 },
  objects: [{ reason: 'job', marked: { objects: 2, bytes: 20 }, swept: { objects: 1, bytes: 7 } }],
  uploads: 0,
  rows: { idempotency_keys: 5, rate_limits: 6, webhook_deliveries: 7 },
};

let stdout = '';
let asked: unknown;

const io: Io = {
  stdout: { write: (text) => (stdout += text) },
  stderr: { write: () => true },
  fetch: (_url, init) => {
    asked = JSON.parse(init?.body as string);
    return Promise.resolve(Response.json(COLLECTION));
  },
  version: '0',
  signal: new AbortController().signal,
  settings: () => Promise.resolve({ url: 'http://attune.test', apiKey: 'att_live_of_the_test', dataDir: '/nowhere', httpPort: 1 }),
};

beforeEach(() => (stdout = ''));

test('a dry run is asked for as such, and tells what would go', async () => {
  expect(await gc.run(['--dry-run'], io)).toBe(0);
  expect(asked).toEqual({ dry_run: true });
  expect(stdout).toMatch(/^kind +marked +bytes +would be removed +bytes\njob +2 +20 +1 +7\nStored: 12 objects, 3456 bytes\./);
  expect(stdout).toContain('Rows would be removed: 5 idempotency keys, 6 counts of requests, 7 deliveries to webhooks.');
});

test('garbage is collected unless it is said to be dry, and the answer is to be had as JSON', async () => {
  expect(await gc.run(['--json'], io)).toBe(0);
  expect(asked).toEqual({ dry_run: false });
  expect(JSON.parse(stdout)).toEqual(COLLECTION);
});
