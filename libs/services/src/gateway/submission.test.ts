import { createHash } from 'node:crypto';
import { once } from 'node:events';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Readable } from 'node:stream';
import { setImmediate } from 'node:timers/promises';
import { AppError } from '@attune/core';
import { drain } from '@attune/platform';
import { fingerprintOf, readSubmission, type SubmissionRequest } from './submission.js';

const FILE = 'patient_id\nP1\n';

/** Bytes of files that were received; what looks at addresses. */
let taken = 0;
let looking: ((url: string) => Promise<void>) | undefined;

/** Takes a file the way a blob store does: it listens only once a directory was made. */
async function receive(source: Readable): Promise<{ sha256: string; bytes: number; key: string }> {
  await setImmediate();
  const hash = createHash('sha256');
  let bytes = 0;
  for await (const chunk of source as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    taken += chunk.length;
    hash.update(chunk);
  }
  return { sha256: hash.digest('hex'), bytes, key: 'key' };
}

/** Sends a body over a real connection and answers what was read of it, or the code of the refusal. */
async function read(body: FormData | string, headers: Record<string, string> = {}): Promise<SubmissionRequest | string> {
  let outcome: SubmissionRequest | string = '';
  let whole = false;
  const server = http.createServer((request, response) => {
    void readSubmission(request, receive, looking)
      .then(
        (submission) => (outcome = submission),
        (error: { code?: string }) => (outcome = error.code ?? 'none'),
      )
      .then(() => drain(request))
      .then(() => (whole = request.complete))
      .finally(() => response.writeHead(204, { Connection: 'close' }).end());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  await fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}`, { method: 'POST', body, headers });
  server.close();
  // Only a client that could send everything is sure to see the answer.
  expect(whole).toBe(true);
  return outcome;
}

function form(parts: readonly (readonly [string, string])[]): FormData {
  const made = new FormData();
  for (const [name, value] of parts) {
    if (name === 'file') made.set(name, new Blob([value]), 'people.csv');
    else made.set(name, value);
  }
  return made;
}

async function submitted(...parts: (readonly [string, string])[]): Promise<SubmissionRequest> {
  const submission = await read(form(parts));
  if (typeof submission === 'string') throw new Error(submission);
  return submission;
}

test('the fingerprint depends neither on the order of parts nor of options, nor on defaults left out', async () => {
  const first = fingerprintOf(
    await submitted(['operation', 'harmonize'], ['options', '{"remove_duplicates":false,"validate_schema":true}'], ['file', FILE]),
  );
  const second = fingerprintOf(
    await submitted(['file', FILE], ['options', '{"validate_schema":true,"remove_duplicates":false}'], ['operation', 'harmonize']),
  );
  const third = fingerprintOf(await submitted(['options', '{"remove_duplicates":false}'], ['file', FILE]));
  expect([second, third]).toEqual([first, first]);
});

test('the fingerprint does not depend on the order of members deep in a mapping', async () => {
  const mapping = (options: string): string =>
    `{"mapping":{"fields":[{"field":"birth_date","from":[{"ordinal":0,"name":"dob"}],"options":${options}}]}}`;
  const first = fingerprintOf(await submitted(['options', mapping('{"order":"dmy","other":1}')], ['file', FILE]));
  expect(fingerprintOf(await submitted(['options', mapping('{"other":1,"order":"dmy"}')], ['file', FILE]))).toBe(first);
});

test('another operation, option, order of formats or file is another fingerprint', async () => {
  const all = [
    await submitted(['file', FILE]),
    await submitted(['file', FILE], ['operation', 'validate']),
    await submitted(['file', FILE], ['options', '{"remove_duplicates":false}']),
    await submitted(['file', FILE], ['options', '{"output_formats":["parquet","csv"]}']),
    await submitted(['file', `${FILE}P2\n`]),
  ];
  expect(new Set(all.map(fingerprintOf)).size).toBe(all.length);
});

test('a class may be given, is interactive where it is not, and another one is another fingerprint', async () => {
  const [usual, named, bulk] = await Promise.all([
    submitted(['file', FILE]),
    submitted(['file', FILE], ['priority_class', 'interactive']),
    submitted(['priority_class', 'bulk'], ['file', FILE]),
  ]);
  expect([usual.priority_class, named.priority_class, bulk.priority_class]).toEqual(['interactive', 'interactive', 'bulk']);
  expect(fingerprintOf(named)).toBe(fingerprintOf(usual));
  expect(fingerprintOf(bulk)).not.toBe(fingerprintOf(usual));
  expect(
    await read(
      form([
        ['priority_class', 'urgent'],
        ['file', FILE],
      ]),
    ),
  ).toBe('validation_failed');
});

test('where the job is told of is another fingerprint, and no URL is refused', async () => {
  const told = (url: string) => submitted(['file', FILE], ['webhook_url', url]);
  const all = await Promise.all([submitted(['file', FILE]), told('https://a.example/hook'), told('https://a.example/hook?token=1')]);
  expect(all.map(({ webhook_url: url }) => url)).toEqual([undefined, 'https://a.example/hook', 'https://a.example/hook?token=1']);
  expect(new Set(all.map(fingerprintOf)).size).toBe(all.length);
  expect(
    await read(
      form([
        ['webhook_url', 'gopher://a.example/'],
        ['file', FILE],
      ]),
    ),
  ).toBe('validation_failed');
});

test('a refused part that comes with the file in one packet ends the request and nothing else', async () => {
  expect(
    await read(
      form([
        ['operation', 'dance'],
        ['file', FILE],
      ]),
    ),
  ).toBe('validation_failed');
  expect(
    await read(
      form([
        ['colour', 'red'],
        ['file', FILE],
      ]),
    ),
  ).toBe('validation_failed');
});

test('a body that ends before its end is refused', async () => {
  const cut = '--cut\r\nContent-Disposition: form-data; name="file"; filename="a.csv"\r\n\r\npatient_id\n';
  expect(await read(cut, { 'Content-Type': 'multipart/form-data; boundary=cut' })).toBe('validation_failed');
});

test('an address that may not be told is refused while the file still comes', async () => {
  const bytes = 8 << 20;
  taken = 0;
  looking = () => Promise.reject(new AppError('address_refused', 'not there'));
  const outcome = await read(
    form([
      ['webhook_url', 'https://10.0.0.1/'],
      ['file', 'x'.repeat(bytes)],
    ]),
  );
  looking = undefined;
  expect(outcome).toBe('address_refused');
  expect(taken).toBeLessThan(bytes);
});

test('the answer to a refused body arrives although the body is long', async () => {
  expect(
    await read(
      form([
        ['operation', 'dance'],
        ['file', 'x'.repeat(8 << 20)],
      ]),
    ),
  ).toBe('validation_failed');
});
