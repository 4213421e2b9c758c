import { once } from 'node:events';
import http from 'node:http';
import { ProblemBody, QuotaBody, type QuotaRequest, UPLOADS } from '@attune/api';
import { type RunningGateway, startGateway } from './running-gateway.fixture.js';

const OPEN: QuotaRequest = { queued_jobs: null, bytes_per_day: null, concurrent_uploads: null, weights: { interactive: 4, bulk: 1 } };
let gateway: RunningGateway;

beforeAll(async () => {
  gateway = await startGateway({ settings: { ATTUNE_OPERATORS: 'theirs', ATTUNE_QUOTA_QUEUED_JOBS: '7', ATTUNE_SHED_LAG_MS: '0' } });
});
afterAll(() => gateway?.close());
afterEach(async () => {
  for (const table of ['tenant_quotas', 'received_bytes', 'tenant_flow']) await gateway.database.query(`DELETE FROM attune.${table}`);
  await gateway.database.query(`UPDATE attune.jobs SET status = 'cancelled' WHERE status = 'pending'`);
});

const quotasOf = async (route = '/api/v1/quotas', key = gateway.ours) =>
  QuotaBody.parse((await gateway.call('get', route, key).expect(200)).body);
/** What a gateway believes of a tenant is a few seconds old at most; a gateway that was just started believes nothing. */
async function withQuotas<T>(asked: Partial<QuotaRequest>, act: (url: string) => Promise<T>): Promise<T> {
  await gateway
    .call('put', '/api/v1/quotas/ours', gateway.theirs)
    .set('If-Match', '"0"')
    .send({ ...OPEN, ...asked })
    .expect(200);
  const fresh = await gateway.another();
  try {
    return await act(fresh.url);
  } finally {
    await fresh.close();
  }
}
const headersOf = (key = gateway.ours) => ({ authorization: `Bearer ${key}` });
function submit(url: string, text: string, key = gateway.ours): Promise<Response> {
  const body = new FormData();
  body.set('file', new Blob([text]), 'people.csv');
  return fetch(`${url}/api/v1/jobs`, { method: 'POST', headers: headersOf(key), body });
}
const refusal = async (answer: Response) => [
  answer.status,
  ProblemBody.parse(await answer.json()).code,
  Number(answer.headers.get('retry-after')) > 0,
];

test('a tenant has what the settings say until an operator decides, and nobody else reads or decides', async () => {
  expect(await quotasOf()).toMatchObject({ queued_jobs: 7, bytes_per_day: null, version: 0, use: { queued_jobs: 0, bytes_today: 0 } });
  const route = '/api/v1/quotas/ours';
  await gateway.call('get', route).expect(403);
  await gateway.call('put', route).set('If-Match', '"0"').send(OPEN).expect(403);
  await gateway.call('put', route, gateway.theirs).send(OPEN).expect(428);
  await gateway.call('put', '/api/v1/quotas/nobody', gateway.theirs).set('If-Match', '"0"').send(OPEN).expect(404);
  const decided = { ...OPEN, queued_jobs: 3, weights: { interactive: 40, bulk: 2 } };
  await gateway.call('put', route, gateway.theirs).set('If-Match', '"0"').send(decided).expect(200).expect('ETag', '"1"');
  await gateway.call('put', route, gateway.theirs).set('If-Match', '"0"').send(OPEN).expect(412);
  expect(await quotasOf(route, gateway.theirs)).toMatchObject({ ...decided, version: 1 });
  expect(await quotasOf()).toMatchObject({ ...decided, version: 1 });
  expect((await quotasOf('/api/v1/quotas', gateway.theirs)).queued_jobs).toBe(7);
});

test('a weight that was decided is what the next job is placed by', async () => {
  await withQuotas({ weights: { interactive: 100, bulk: 1 } }, async (url) => {
    for (let i = 0; i < 2; i++) expect((await submit(url, `patient_id\nP${i}\n`)).status).toBe(202);
  });
  const [flow] = await gateway.database.query<{ weight: number; virtual_time: string }>(
    `SELECT weight, virtual_time FROM attune.tenant_flow WHERE priority_class = 'interactive' ORDER BY weight DESC LIMIT 1`,
  );
  expect([flow?.weight, Number(flow?.virtual_time) % 1_000]).toEqual([100, 20]);
});

test('jobs beyond the quota are refused with a time to come back, alone or together, and those of others are not', async () => {
  await withQuotas({ queued_jobs: 3 }, async (url) => {
    const first = await submit(url, 'patient_id\nQ1\n');
    expect(first.status).toBe(202);
    const { input } = (await first.json()) as { input: { sha256: string } };
    const batch = (count: number): Promise<Response> =>
      fetch(`${url}/api/v1/jobs/batch`, {
        method: 'POST',
        headers: { ...headersOf(), 'content-type': 'application/json' },
        body: JSON.stringify({ jobs: Array.from({ length: count }, () => ({ input: { sha256: input.sha256 } })) }),
      });
    expect(await refusal(await batch(3))).toEqual([429, 'quota_exceeded', true]);
    expect((await batch(2)).status).toBe(202);
    expect(await refusal(await submit(url, 'patient_id\nQ4\n'))).toEqual([429, 'quota_exceeded', true]);
    expect((await submit(url, 'patient_id\nQ5\n', gateway.theirs)).status).toBe(202);
    const metrics = await (await fetch(`${url}/metrics`)).text();
    expect(metrics).toContain('quota_rejections_total{quota="queued_jobs",tier="own"} 2');
  });
});

test('bytes of a day are counted whichever door they come by, and refused before they are read', async () => {
  await withQuotas({ bytes_per_day: 1_000 }, async (url) => {
    expect((await submit(url, `patient_id\n${'P'.repeat(300)}\n`)).status).toBe(202);
    expect((await quotasOf()).use.bytes_today).toBe(312);
    const created = (length: number): Promise<Response> =>
      fetch(url + UPLOADS, { method: 'POST', headers: { ...headersOf(), 'tus-resumable': '1.0.0', 'upload-length': String(length) } });
    expect(await refusal(await created(700))).toEqual([429, 'quota_exceeded', true]);
    const upload = await created(100);
    expect(upload.status).toBe(201);
    const sent = await fetch(url + new URL(upload.headers.get('location')!, url).pathname, {
      method: 'PATCH',
      headers: { ...headersOf(), 'tus-resumable': '1.0.0', 'upload-offset': '0', 'content-type': 'application/offset+octet-stream' },
      body: 'patient_id\n'.padEnd(100, 'x'),
    });
    expect(sent.status).toBe(204);
    expect((await quotasOf()).use.bytes_today).toBe(412);
    expect(await refusal(await submit(url, `patient_id\n${'P'.repeat(600)}\n`))).toEqual([429, 'quota_exceeded', true]);
  });
});

test('a tenant receives so many uploads at once, and the next one as soon as one of them has ended', async () => {
  await withQuotas({ concurrent_uploads: 1 }, async (url) => {
    const slow = http.request(`${url}/api/v1/jobs`, {
      method: 'POST',
      headers: { ...headersOf(), 'content-type': 'multipart/form-data; boundary=b' },
    });
    slow.write('--b\r\nContent-Disposition: form-data; name="file"; filename="slow.csv"\r\n\r\npatient_id\nS1\n');
    let answer: Response;
    // The gateway has not seen the slow one until it refuses another.
    do answer = await submit(url, 'patient_id\nS2\n');
    while (answer.status === 202);
    expect(await refusal(answer)).toEqual([429, 'quota_exceeded', true]);
    slow.end('\r\n--b--\r\n');
    const [ended] = (await once(slow, 'response')) as [http.IncomingMessage];
    expect(ended.resume().statusCode).toBe(202);
    expect((await submit(url, 'patient_id\nS3\n')).status).toBe(202);
  });
});

test('work of class bulk is refused while the work before it has waited for a quarter of an hour', async () => {
  await withQuotas({}, async (url) => {
    expect((await submit(url, 'patient_id\nB1\n')).status).toBe(202);
    const { input } = (await (await submit(url, 'patient_id\nB2\n')).json()) as { input: { sha256: string } };
    await gateway.database.query(`UPDATE attune.jobs SET priority_class = 'bulk'`);
    await gateway.database.query(`UPDATE attune.job_stages SET ready_at = now() - interval '16 minutes' WHERE status = 'ready'`);
    const reference = (priority: string): Promise<Response> =>
      fetch(`${url}/api/v1/jobs`, {
        method: 'POST',
        headers: { ...headersOf(), 'content-type': 'application/json' },
        body: JSON.stringify({ input: { sha256: input.sha256 }, priority_class: priority }),
      });
    expect(await refusal(await reference('bulk'))).toEqual([429, 'rate_limited', true]);
    expect((await reference('interactive')).status).toBe(202);
  });
});
