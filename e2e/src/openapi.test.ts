import { AttuneClient, openApiDocument, VersionBody } from '@attune/api';
import { exampleFaults, faultsOf, openApi, verifiedFetch } from './contract.js';
import { Installation } from './installation.js';

let attune: Installation;
beforeAll(() => void (attune = Installation.shared()));
afterAll(() => attune.stop());

test('the document that is served is the one that the schemas make, and is kept until it changes', async () => {
  const { version } = VersionBody.parse(await (await fetch(`${attune.server.url}/version`)).json());
  const answer = await fetch(`${attune.server.url}/openapi.json`);
  expect([answer.status, answer.headers.get('cache-control')]).toEqual([200, 'no-cache']);
  expect(await answer.json()).toEqual(JSON.parse(JSON.stringify(openApiDocument({ version }))));
  const etag = answer.headers.get('etag')!;
  const again = await fetch(`${attune.server.url}/openapi.json`, { headers: { 'If-None-Match': etag } });
  expect([again.status, await again.text(), again.headers.get('etag')]).toEqual([304, '', etag]);
});

test('every example keeps the schema that it illustrates', () => {
  expect(exampleFaults()).toEqual([]);
});

test('every operation that needs a key refuses to work without one, and says so as documented', async () => {
  for (const [template, methods] of Object.entries(openApi.paths)) {
    for (const [method, { security }] of Object.entries(methods)) {
      const path = template.replace(/\{\w+\}/g, 'job_0197c0de-1111-7222-8333-444455556666');
      const answer = await fetch(attune.server.url + path, { method: method.toUpperCase() });
      expect([method, path, await faultsOf(method, path, answer)]).toEqual([method, path, []]);
      expect([method, path, answer.status === 401]).toEqual([method, path, security === undefined]);
    }
  }
});

test('the client keeps to the document from submit to result', async () => {
  const apiKey = attune.server.headers['Authorization']!.replace('Bearer ', '');
  let serial = 0;
  const client = new AttuneClient({ url: attune.server.url, apiKey, fetch: verifiedFetch, newKey: () => `key-${serial++}` });
  const { job_id: id } = await client.submit({ file: new Blob(['patient_id,first_name\nP1,Ada\nP1,Ada\n']), name: 'people.csv' });
  expect((await client.wait(id)).status).toBe('completed');
  await Promise.all([client.quality(id), client.manifest(id), client.mapping(id), client.list(), client.health(), client.version()]);
  expect((await client.result(id, 'csv')).status).toBe(200);
});

test('an answer that nobody has documented is noticed: status, content type, header, member and code', async () => {
  const path = '/api/v1/version';
  const headers = { 'content-type': 'application/json', 'x-request-id': '1' };
  const version = { api: 'v1', version: '1', commit: null, built_at: null };
  const faults = (body: unknown, status = 200, more: Record<string, string> = {}): Promise<string[]> =>
    faultsOf('get', path, new Response(JSON.stringify(body), { status, headers: { ...headers, ...more } }));
  expect(await faults(version)).toEqual([]);
  expect(await faults(version, 418)).toEqual([expect.stringContaining('status 418')]);
  expect(await faults(version, 200, { 'content-type': 'text/html' })).toEqual([expect.stringContaining('content type text/html')]);
  expect(await faults({ ...version, colour: 1 })).toEqual([expect.stringContaining('colour')]);
  expect(await faults({ ...version, api: 1 })).toEqual([expect.stringContaining('/api')]);
  expect(await faultsOf('get', path, new Response(JSON.stringify(version), { headers: { 'content-type': 'application/json' } }))).toEqual([
    expect.stringContaining('X-Request-Id'),
  ]);
  const problem = { type: '/problems/gone', title: 'x', status: 503, detail: 'x', code: 'gone', request_id: '1', retryable: false };
  expect(await faults(problem, 503, { 'content-type': 'application/problem+json', 'retry-after': '1' })).toEqual([
    expect.stringContaining('problem gone'),
  ]);
  expect(await faultsOf('get', '/nowhere', new Response('{}'))).toEqual([expect.stringContaining('an unknown path')]);
});
