import {
  DeliveryList,
  JobBody,
  ProblemBody,
  verifyWebhook,
  WebhookBody,
  WebhookList,
  WebhooksClient,
  WebhookWithSecret,
} from '@attune/api';
import { type RunningProcess } from '@attune/platform';
import { Receivers } from '@attune/testing';
import { pino } from 'pino';
import { type RunningGateway, startGateway } from './running-gateway.fixture.js';

const WEBHOOKS = '/api/v1/webhooks';

let started: RunningGateway;
let running: RunningProcess;
let ours: string;
let theirs: string;
let url: string;
let logged = '';
const receivers = new Receivers();

beforeAll(async () => {
  url = `${await receivers.open()}/hook?token=told-nobody`;
  started = await startGateway({
    settings: { ATTUNE_EGRESS_ALLOW: '127.0.0.1' },
    log: pino({ level: 'debug' }, { write: (line: string) => void (logged += line) }),
  });
  ({ running, ours, theirs } = started);
});

afterAll(async () => {
  await started?.close();
  await receivers.close();
});

const call: RunningGateway['call'] = (...asked) => started.call(...asked);
const create = async (body: object = {}): Promise<WebhookWithSecret> =>
  WebhookWithSecret.parse(
    (
      await call('post', WEBHOOKS)
        .send({ url, ...body })
        .expect(201)
    ).body,
  );

test('the owner of a webhook is told of a job that has ended, with a signature its secret verifies, and finds that in the log', async () => {
  const webhook = await create();
  const file = Buffer.from('patient_id\np1\n');
  const { job_id: jobId } = JobBody.parse((await call('post', '/api/v1/jobs').attach('file', file, 'people.csv').expect(202)).body);
  await call('post', `/api/v1/jobs/${jobId}/cancel`).expect(202);
  const [told] = await receivers.matching(() => true);
  expect(verifyWebhook(webhook.secret, told!.headers, told!.body)).toMatchObject({
    type: 'job.cancelled',
    data: { job_id: jobId, status: 'cancelled' },
  });
  const client = new WebhooksClient({ url: running.url, apiKey: ours, fetch });
  let log: DeliveryList;
  do log = await client.deliveries(webhook.webhook_id, { limit: 10 });
  while (log.data[0]?.outcome !== 'delivered');
  expect(log.data).toMatchObject([
    { job_id: jobId, type: 'job.cancelled', tries: 1, last_status: 204, last_error: null, next_try_at: null },
  ]);
  expect(await client.redeliver(webhook.webhook_id, { delivery_id: log.data[0].delivery_id })).toEqual({ redelivered: 1 });
  const [again] = await receivers.matching((_, ordinal) => ordinal > 0);
  expect(again!.headers['webhook-id']).toBe(log.data[0].delivery_id);
  await client.remove(webhook.webhook_id);
  expect(logged).not.toMatch(/told-nobody|whsec_/);
});

test.each([
  'http://93.184.215.14/hook',
  'https://127.0.0.2/',
  'https://0x7f000002/',
  'https://2130706434/',
  'https://[::1]/',
  'https://[::ffff:10.0.0.1]/',
  'http://169.254.169.254/latest/meta-data',
  'https://93.184.215.14:22/',
  'https://user:word@93.184.215.14/',
])('%s is no address to be told at', async (refused) => {
  const problem = await call('post', WEBHOOKS).send({ url: refused }).expect(422);
  expect(ProblemBody.parse(problem.body)).toMatchObject({ code: 'address_refused', errors: [{ pointer: '/url' }] });
});

test.each([
  {},
  { url: 'gopher://a.example/' },
  { url: 'hooks' },
  { url: 'https://a.example/', types: [] },
  { url: 'https://a.example/', secret: 'x' },
])('the body %j is refused', async (body) => {
  await call('post', WEBHOOKS).send(body).expect(400);
});

test('the secret is shown when it is made and when it is rotated, and at no other time', async () => {
  const { secret, webhook_id: id } = await create({ description: 'shown once' });
  const route = `${WEBHOOKS}/${id}`;
  const read = await call('get', route).expect(200);
  const list = await call('get', WEBHOOKS).expect(200);
  expect(JSON.stringify([read.body, list.body])).not.toContain('whsec_');
  const rotated = WebhookWithSecret.parse((await call('post', `${route}/rotate-secret`).expect(200)).body);
  expect(rotated.secret).not.toBe(secret);
  expect(Date.parse(rotated.previous_secret_until!) - Date.parse(rotated.updated_at)).toBe(86_400_000);
  const { database: door } = started;
  const rows = await door.query(`SELECT to_jsonb(w) AS row FROM attune.webhooks w`);
  expect(JSON.stringify(rows)).not.toContain(secret.slice('whsec_'.length));
  await call('delete', route).expect(204);
});

test('a webhook is changed by those who have read it, disabled and enabled', async () => {
  const { webhook_id: id } = await create({ types: ['job.failed'] });
  const route = `${WEBHOOKS}/${id}`;
  await call('patch', route).send({ enabled: false }).expect(428);
  await call('patch', route).set('If-Match', '"7"').send({ enabled: false }).expect(412);
  const changed = await call('patch', route).set('If-Match', '"1"').send({ enabled: false, description: 'asleep' }).expect(200);
  expect(WebhookBody.parse(changed.body)).toMatchObject({
    version: 2,
    enabled: false,
    disabled_reason: 'owner',
    types: ['job.failed'],
    url,
  });
  expect(changed.headers['etag']).toBe('"2"');
  await call('get', route).set('If-None-Match', '"2"').expect(304);
  const enabled = await call('patch', route).set('If-Match', '"2"').send({ enabled: true, description: null }).expect(200);
  expect(enabled.body).toMatchObject({ enabled: true, disabled_reason: null, description: null });
  await call('patch', route).set('If-Match', '"3"').send({}).expect(400);
  await call('patch', route).set('If-Match', '"3"').send({ url: 'https://10.0.0.1/' }).expect(422);
  await call('delete', route).expect(204);
  await call('get', route).expect(404);
});

test('lists are paged, and a webhook of another tenant does not exist', async () => {
  const made = [await create(), await create(), await create()];
  const first = WebhookList.parse((await call('get', `${WEBHOOKS}?limit=2`).expect(200)).body);
  const second = WebhookList.parse((await call('get', `${WEBHOOKS}?limit=2&cursor=${first.next_cursor}`).expect(200)).body);
  const ids = made.map(({ webhook_id: id }) => id).reverse();
  expect([...first.data, ...second.data].map(({ webhook_id: id }) => id)).toEqual(ids);
  expect([first.has_more, second.has_more]).toEqual([true, false]);
  const route = `${WEBHOOKS}/${ids[0]}`;
  for (const [method, there] of [
    ['get', route],
    ['delete', route],
    ['get', `${route}/deliveries`],
    ['post', `${route}/rotate-secret`],
  ] as const)
    await call(method, there, theirs).expect(404);
  await call('patch', route, theirs).set('If-Match', '"1"').send({ enabled: false }).expect(404);
  await call('post', `${route}/redeliver`, theirs).send({ failed_since: '2026-01-01T00:00:00Z' }).expect(404);
  expect(WebhookList.parse((await call('get', WEBHOOKS, theirs)).body).data).toEqual([]);
  await call('get', `${WEBHOOKS}?cursor=${first.next_cursor}`, theirs).expect(400);
  for (const id of ids) await call('delete', `${WEBHOOKS}/${id}`).expect(204);
});
