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
}, 15_000);
