import { openAsBlob } from 'node:fs';
import { mkdtemp, rm, truncate, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AttuneClient } from './client.js';
import { exampleJob } from './examples.js';

const MiB = 1024 * 1024;
const FILE_BYTES = 192 * MiB;

let directory: string;
let server: Server;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'attune-upload-'));
});

afterEach(async () => {
  server.closeAllConnections();
  await new Promise((closed) => server.close(closed));
  await rm(directory, { recursive: true });
});

test('an upload is streamed: memory does not grow with the file', async () => {
  const path = join(directory, 'large.csv');
  await writeFile(path, '');
  await truncate(path, FILE_BYTES);
  let received = 0;
  let peakBytes = 0;
  server = createServer((request, response) => {
    request.on('data', (chunk: Buffer) => {
      received += chunk.length;
      peakBytes = Math.max(peakBytes, process.memoryUsage().arrayBuffers);
    });
    request.on('end', () => response.writeHead(202, { 'content-type': 'application/json' }).end(JSON.stringify(exampleJob)));
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const client = new AttuneClient({ url, fetch, newKey: () => 'key' });
  const beforeBytes = process.memoryUsage().arrayBuffers;
  await client.submit({ file: await openAsBlob(path), name: 'large.csv' });
  expect(received).toBeGreaterThan(FILE_BYTES);
  expect(peakBytes - beforeBytes).toBeLessThan(FILE_BYTES / 2);
});

test('parts that go to the store are streamed too: memory does not grow with the file', async () => {
  const path = join(directory, 'large.csv');
  await writeFile(path, '');
  await truncate(path, FILE_BYTES);
  const partBytes = 32 * MiB;
  let received = 0;
  let peakBytes = 0;
  server = createServer((request, response) => {
    request.on('data', (chunk: Buffer) => {
      if (request.method === 'PUT') received += chunk.length;
      peakBytes = Math.max(peakBytes, process.memoryUsage().arrayBuffers);
    });
    request.on('end', () => {
      const parts = Array.from({ length: FILE_BYTES / partBytes }, (_, i) => ({
        number: i + 1,
        bytes: partBytes,
        arrived: false,
        url: `${url}/part-${i + 1}`,
        url_expires_at: exampleJob.created_at,
      }));
      const at = exampleJob.created_at;
      const begun = { upload_id: 'upl_1', bytes: FILE_BYTES, part_bytes: partBytes, parts, expires_at: at };
      const whole = { upload_id: 'upl_1', bytes: FILE_BYTES, bytes_received: FILE_BYTES, name: null, dataset_id: 'ds_1', sha256: null };
      const answers: Record<string, object> = {
        '/api/v1/uploads/presign': begun,
        '/api/v1/uploads/upl_1/complete': { ...whole, created_at: at, expires_at: at },
      };
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(answers[request.url!] ?? {}));
    });
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const client = new AttuneClient({ url, apiKey: 'key', fetch, newKey: () => 'key' });
  const beforeBytes = process.memoryUsage().arrayBuffers;
  expect(await client.uploadDirect(await openAsBlob(path))).toMatchObject({ dataset_id: 'ds_1' });
  expect(received).toBe(FILE_BYTES);
  expect(peakBytes - beforeBytes).toBeLessThan(FILE_BYTES / 2);
});
