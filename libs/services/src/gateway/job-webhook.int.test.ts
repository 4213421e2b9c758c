import {
  type DeliveryList,
  JobBody,
  JobWebhookSecret,
  ProblemBody,
  ScheduleBody,
  verifyWebhook,
  WebhookBody,
  type WebhookEvent,
  WebhookList,
  WebhooksClient,
} from '@attune/api';
import { bareId } from '@attune/core';
import { Receivers } from '@attune/testing';
import { pino } from 'pino';
import { type RunningGateway, startGateway } from './running-gateway.fixture.js';

const JOBS = '/api/v1/jobs';
const WEBHOOKS = '/api/v1/webhooks';
const FILE = Buffer.from('patient_id\np1\n');
const REFUSED = 'https://127.0.0.2/hook?token=told-nobody';

let started: RunningGateway;
let origin: string;
let sha256: string;
let secret: string;
let logged = '';
const receivers = new Receivers();

beforeAll(async () => {
  origin = await receivers.open();
  started = await startGateway({
    settings: { ATTUNE_EGRESS_ALLOW: '127.0.0.1' },
    log: pino({ level: 'debug' }, { write: (line: string) => void (logged += line) }),
  });
  ({ sha256 } = JobBody.parse((await call('post', JOBS).attach('file', FILE, 'people.csv').expect(202)).body).input);
  ({ secret } = JobWebhookSecret.parse((await call('post', `${WEBHOOKS}/job-secret`).expect(200)).body));
});

afterAll(async () => {
  await started?.close();
  await receivers.close();
});

const call: RunningGateway['call'] = (...asked) => started.call(...asked);
const hooks = () => new WebhooksClient({ url: started.running.url, apiKey: started.ours, fetch });
/** An address that no other test is told at. */
const own = (name: string): string => `${origin}/${name}?token=told-nobody`;
const cancel = (jobId: string) => call('post', `${JOBS}/${jobId}/cancel`).expect(202);
const jobOf = async (jobId: string): Promise<JobBody> => JobBody.parse((await call('get', `${JOBS}/${jobId}`).expect(200)).body);
const placesOf = (answer: { body: unknown }) => {
  const { code, errors } = ProblemBody.parse(answer.body);
  return [code, errors?.map(({ pointer }) => pointer)];
};

/** What was told at the address, once something was. */
async function toldAt(url: string): Promise<WebhookEvent[]> {
  const found = await receivers.matching(({ path }) => path === url.slice(origin.length));
  return found.map(({ headers, body }) => verifyWebhook(secret, headers, body));
}

async function deliveredLog(webhookId: string): Promise<DeliveryList> {
  for (;;) {
    const log = await hooks().deliveries(webhookId);
    if (log.data[0]?.outcome === 'delivered') return log;
  }
}

test('a job that was submitted with an address tells there what becomes of it, in the form, as JSON and in a batch', async () => {
  const client = started.clientOf();
  const form = await client.submit({ file: new Blob([FILE]), name: 'people.csv', webhookUrl: own('form') });
  const reference = await client.submitReference({ input: { sha256 }, webhookUrl: own('json') });
  const [first, second, third] = await client.submitMany([
    { input: { sha256 }, webhook_url: own('batch-1') },
    { input: { sha256 } },
    { input: { sha256 }, webhook_url: own('batch-3') },
  ]);
  for (const id of [form.job_id, reference.job_id, first!, second!, third!]) await cancel(id);
  for (const [name, id] of [
    ['form', form.job_id],
    ['json', reference.job_id],
    ['batch-1', first],
    ['batch-3', third],
  ] as const)
    expect(await toldAt(own(name))).toMatchObject([{ type: 'job.cancelled', data: { job_id: id, status: 'cancelled' } }]);
  expect((await jobOf(second!)).webhook_id).toBeUndefined();
  const log = await deliveredLog(form.webhook_id!);
  expect(log.data).toMatchObject([{ job_id: form.job_id, type: 'job.cancelled', outcome: 'delivered', tries: 1 }]);
  const before = receivers.received.length;
  expect(await hooks().redeliver(form.webhook_id!, { delivery_id: log.data[0]!.delivery_id })).toEqual({ redelivered: 1 });
  await deliveredLog(form.webhook_id!);
  expect(receivers.received.slice(before).map(({ headers }) => headers['webhook-id'])).toEqual([log.data[0]!.delivery_id]);
  expect(logged).not.toMatch(/told-nobody|whsec_/);
});

test('each job of a schedule tells at its address, fired or triggered', async () => {
  const asked = { name: 'told', cron: '30 2 * * *', job: { operation: 'validate', input: { sha256 }, webhook_url: own('schedule') } };
  const schedule = ScheduleBody.parse((await call('post', '/api/v1/schedules').send(asked).expect(201)).body);
  expect(schedule.job.webhook_url).toBe(own('schedule'));
  const triggered = JobBody.parse((await call('post', `/api/v1/schedules/${schedule.schedule_id}/trigger`).expect(202)).body);
  expect(triggered.webhook_id).toMatch(/^wh_/);
  const id = bareId('sch', schedule.schedule_id);
  await started.database.query(`UPDATE attune.schedules SET next_due_at = now() WHERE id = $1`, [id]);
  let fired: { job_id: string } | undefined;
  do
    [fired] = await started.database.query<{ job_id: string }>(
      `SELECT job_id FROM attune.schedule_fires WHERE schedule_id = $1 AND cause = 'due'`,
      [id],
    );
  while (fired === undefined);
  await cancel(`job_${fired.job_id}`);
  expect(await toldAt(own('schedule'))).toMatchObject([{ data: { job_id: `job_${fired.job_id}` } }]);
  await cancel(triggered.job_id);
});

test('an address that may not be asked, or is none, is refused where it stands, and nothing is made', async () => {
  const count = async () => (await started.database.query<{ n: number }>(`SELECT count(*)::int AS n FROM attune.jobs`))[0]!.n;
  const before = await count();
  const json = (body: object) => call('post', JOBS).send({ input: { sha256 }, ...body });
  const form = await call('post', JOBS).field('webhook_url', REFUSED).attach('file', FILE, 'people.csv').expect(422);
  expect(placesOf(form)).toEqual(['address_refused', ['/webhook_url']]);
  expect(placesOf(await json({ webhook_url: REFUSED }).expect(422))).toEqual(['address_refused', ['/webhook_url']]);
  const batch = await call('post', `${JOBS}/batch`).send({ jobs: [{ input: { sha256 } }, { input: { sha256 }, webhook_url: REFUSED }] });
  expect([batch.status, ...placesOf(batch)]).toEqual([422, 'address_refused', ['/jobs/1/webhook_url']]);
  const scheduled = await call('post', '/api/v1/schedules').send({
    name: 'refused',
    cron: '30 2 * * *',
    job: { input: { sha256 }, webhook_url: REFUSED },
  });
  expect([scheduled.status, ...placesOf(scheduled)]).toEqual([422, 'address_refused', ['/job/webhook_url']]);
  for (const url of ['hooks', 'gopher://a.example/', `https://a.example/${'x'.repeat(2_000)}`]) {
    expect(placesOf(await json({ webhook_url: url }).expect(400))).toEqual(['validation_failed', ['/webhook_url']]);
    const part = await call('post', JOBS).field('webhook_url', url).attach('file', FILE, 'people.csv').expect(400);
    expect(placesOf(part)).toEqual(['validation_failed', ['/webhook_url']]);
  }
  const hosts = Array.from({ length: 11 }, (_, i) => ({ input: { sha256 }, webhook_url: `https://host-${i}.example/` }));
  expect(placesOf(await call('post', `${JOBS}/batch`).send({ jobs: hosts }).expect(400))).toEqual(['validation_failed', ['/jobs']]);
  expect(await count()).toBe(before);
  expect(logged).not.toContain('told-nobody');
});

test('the address is part of what an idempotency key stands for', async () => {
  const ask = (url: string) => call('post', JOBS).set('Idempotency-Key', 'told').send({ input: { sha256 }, webhook_url: url });
  const first = await ask(own('keyed')).expect(202);
  const again = await ask(own('keyed')).expect(202);
  expect([again.body, again.headers['idempotent-replayed']]).toEqual([first.body, 'true']);
  expect(placesOf(await ask(own('another')).expect(422))[0]).toBe('idempotency_mismatch');
  const rows = await started.database.query(`SELECT url FROM attune.webhooks WHERE url = ANY($1)`, [[own('keyed'), own('another')]]);
  expect(rows).toEqual([{ url: own('keyed') }]);
});

test('the webhook of a job is read by its own tenant, is not listed, and is changed only in what is its own', async () => {
  const { job_id: jobId, webhook_id: id } = await started.clientOf().submitReference({ input: { sha256 }, webhookUrl: own('kept') });
  const route = `${WEBHOOKS}/${id}`;
  const stored = WebhookBody.parse((await call('get', route).expect(200)).body);
  expect(stored).toMatchObject({ job_id: jobId, url: own('kept'), enabled: true });
  expect(stored.types).toContain('job.completed');
  expect(WebhookList.parse((await call('get', WEBHOOKS).expect(200)).body).data).toEqual([]);
  for (const there of [route, `${route}/deliveries`]) await call('get', there, started.theirs).expect(404);
  await call('patch', route, started.theirs).set('If-Match', '"1"').send({ enabled: false }).expect(404);
  await call('delete', route).expect(409);
  await call('post', `${route}/rotate-secret`).expect(409);
  await call('patch', route)
    .set('If-Match', '"1"')
    .send({ types: ['job.failed'] })
    .expect(409);
  await call('patch', route).set('If-Match', '"1"').send({ enabled: false }).expect(200);
  await cancel(jobId);
  expect((await hooks().deliveries(id!)).data).toEqual([]);
  await call('delete', `${JOBS}/${jobId}`).expect(204);
  await call('get', route).expect(404);
  expect(await started.database.query(`SELECT 1 FROM attune.webhooks WHERE url = $1`, [own('kept')])).toEqual([]);
});

test('the secret for single jobs is shown when it is taken, and stored nowhere', async () => {
  const taken = await hooks().takeJobSecret({ grace_seconds: 60 });
  expect(taken.secret).not.toBe(secret);
  const theirs = JobWebhookSecret.parse((await call('post', `${WEBHOOKS}/job-secret`, started.theirs).expect(200)).body);
  expect(theirs.secret).not.toBe(taken.secret);
  const rows = await started.database.query(`SELECT to_jsonb(t) AS row FROM attune.tenants t`);
  expect(JSON.stringify(rows)).not.toContain(taken.secret.slice('whsec_'.length));
  await call('post', `${WEBHOOKS}/job-secret`).send({ grace_seconds: -1 }).expect(400);
  expect(logged).not.toContain('whsec_');
});
