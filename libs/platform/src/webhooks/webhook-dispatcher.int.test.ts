import type { RequestListener } from 'node:http';
import { WEBHOOK_TYPES, type WebhookEvent } from '@attune/api';
import { type FreshDatabase, freshDatabase, type Received, Receivers } from '@attune/testing';
import { pino } from 'pino';
import { Webhook } from 'standardwebhooks';
import { Database } from '../database/database.js';
import { DeliveriesRepository } from '../database/deliveries.repository.js';
import { JobsRepository } from '../database/jobs.repository.js';
import { submitSample } from '../database/sample-job.fixture.js';
import { TenantsRepository } from '../database/tenants.repository.js';
import { transition } from '../database/transition.js';
import { type StoredWebhook, WebhooksRepository } from '../database/webhooks.repository.js';
import { EgressGuard } from '../egress/egress-guard.js';
import { ownDestinations } from '../egress/reachable.js';
import { Metrics } from '../telemetry/metrics.js';
import { WebhookDispatcher } from './webhook-dispatcher.js';
import { webhookSecret } from './webhook-secret.js';

const PEPPER = 'a pepper of these tests';
/** Ample for receivers that answer, and short for those that never will. */
const AMPLE = { timeoutMs: 10_000, openMs: 60_000 };
const SHORT = { ...AMPLE, timeoutMs: 200 };

let fresh: FreshDatabase;
let database: Database;
let metrics: Metrics;
let webhooks: WebhooksRepository;
let deliveries: DeliveriesRepository;
let receivers: Receivers;

beforeAll(async () => {
  fresh = await freshDatabase();
});
afterAll(() => fresh.drop());

beforeEach(async () => {
  database = await Database.open(fresh.url);
  await database.query('TRUNCATE attune.webhooks, attune.webhook_deliveries');
  metrics = new Metrics();
  webhooks = new WebhooksRepository(database);
  deliveries = new DeliveriesRepository(database);
  receivers = new Receivers();
});
afterEach(async () => {
  await database.close();
  await receivers.close();
});

const receiver = async (answer: RequestListener): Promise<string> => `${await receivers.open(answer)}/hook`;
const status = (code: number, headers = {}): Promise<string> => receiver((_request, response) => response.writeHead(code, headers).end());

const dispatcher = (over = deliveries, limits = AMPLE): WebhookDispatcher =>
  new WebhookDispatcher(
    { deliveries: over, guard: new EgressGuard(ownDestinations(['127.0.0.1'])!), pepper: PEPPER, metrics, log: pino({ level: 'silent' }) },
    limits,
  );

async function register(
  url: string,
  tenant = 'sample',
  types = WEBHOOK_TYPES as readonly (typeof WEBHOOK_TYPES)[number][],
): Promise<StoredWebhook & { tenantId: string }> {
  const tenantId = await new TenantsRepository(database).ensureTenant(tenant);
  return { ...(await webhooks.create(tenantId, { url, types, description: null })), tenantId };
}

/** A job that has been cancelled before anybody worked on it. */
async function cancelledJob(tenant = 'sample'): Promise<string> {
  const { tenantId, jobId } = await submitSample(database, { tenant });
  await new JobsRepository(database).cancel(tenantId, jobId);
  return jobId;
}

const due = (): Promise<unknown> => database.query(`UPDATE attune.webhook_deliveries SET next_try_at = now() WHERE outcome = 'pending'`);
const log = (webhook: StoredWebhook & { tenantId: string }) => deliveries.list(webhook.tenantId, webhook.id, { limit: 50 });
const verified = ({ body, headers }: Received, webhook: StoredWebhook): WebhookEvent =>
  new Webhook(webhookSecret(PEPPER, webhook.id, webhook.secretVersion)).verify(body, headers) as WebhookEvent;
const counted = async (outcome: string) =>
  (await metrics.webhookDeliveries.get()).values
    .filter(({ labels }) => labels.outcome === outcome)
    .reduce((sum, { value }) => sum + value, 0);

test('a committed event arrives once, signed as the official library reads it, and holds ids and a status only', async () => {
  const webhook = await register(await status(204));
  const jobId = await cancelledJob();
  await dispatcher().work();
  await dispatcher().work();
  expect(receivers.received).toHaveLength(1);
  expect(verified(receivers.received[0]!, webhook)).toEqual({
    type: 'job.cancelled',
    timestamp: expect.stringMatching(/^\d{4}-.*Z$/) as string,
    data: { job_id: `job_${jobId}`, status: 'cancelled', version: 2, links: { self: `/api/v1/jobs/job_${jobId}` } },
  });
  expect(await log(webhook)).toMatchObject([{ jobId, outcome: 'delivered', tries: 1, lastStatus: 204, lastError: null }]);
  expect(receivers.received[0]!.headers['webhook-id']).toBe(`msg_${(await log(webhook))[0]!.id}`);
});

test('what was not committed is never sent', async () => {
  const webhook = await register(await status(204));
  const { jobId } = await submitSample(database);
  await expect(
    database.transaction(async (query) => {
      await transition(query, jobId, { type: 'cancel' });
      expect(await query('SELECT 1 FROM attune.webhook_deliveries')).toHaveLength(1);
      throw new Error('the database goes away');
    }),
  ).rejects.toThrow();
  await dispatcher().work();
  expect([receivers.received.length, (await log(webhook)).length]).toEqual([0, 0]);
});

test('a gateway that dies between sending and writing it down is followed by another, which sends the same id again', async () => {
  const dying = await Database.open(fresh.url);
  let die = true;
  const url = await receiver((_request, response) => {
    // The connection to the truth is gone while the receiver answers.
    void (die ? dying.close() : Promise.resolve()).then(() => response.writeHead(200).end());
  });
  const webhook = await register(url);
  await cancelledJob();
  await dispatcher(new DeliveriesRepository(dying)).work();
  expect(await log(webhook)).toMatchObject([{ outcome: 'pending', tries: 0 }]);
  die = false;
  const successor = dispatcher();
  await successor.work();
  expect(receivers.received).toHaveLength(1);
  // The lease of the dead one ends.
  await due();
  await successor.work();
  expect(receivers.received).toHaveLength(2);
  expect(receivers.received[1]!.headers['webhook-id']).toBe(receivers.received[0]!.headers['webhook-id']);
  expect(receivers.received[1]!.body).toBe(receivers.received[0]!.body);
  expect(await log(webhook)).toMatchObject([{ outcome: 'delivered', tries: 1 }]);
});

test('several gateways at once send each delivery once', async () => {
  const webhook = await register(await status(200));
  for (let i = 0; i < 6; i++) await cancelledJob();
  const gateways = [dispatcher(), dispatcher(), dispatcher()];
  for (let i = 0; i < 3; i++) await Promise.all(gateways.map((gateway) => gateway.work()));
  expect(new Set(receivers.received.map(({ headers }) => headers['webhook-id'])).size).toBe(6);
  expect(receivers.received).toHaveLength(6);
  expect((await log(webhook)).every(({ outcome }) => outcome === 'delivered')).toBe(true);
});

describe('a try that fails', () => {
  test.each([
    ['answers 500', () => status(500), { lastStatus: 500, lastError: 'http_status' }],
    ['answers 404', () => status(404), { lastStatus: 404, lastError: 'http_status' }],
    ['hangs', () => receiver(() => undefined), { lastStatus: null, lastError: 'no_answer' }],
    ['does not listen', () => Promise.resolve('http://127.0.0.1:1/'), { lastStatus: null, lastError: 'no_answer' }],
    [
      'redirects to where credentials are',
      () => status(302, { location: 'http://169.254.169.254/' }),
      { lastStatus: 302, lastError: 'http_status' },
    ],
    ['is no public address any more', () => Promise.resolve('https://10.0.0.1/'), { lastStatus: null, lastError: 'address_refused' }],
  ])('because the receiver %s is tried again, later', async (what, make, last) => {
    const webhook = await register(await make());
    await cancelledJob();
    await dispatcher(deliveries, what === 'hangs' ? SHORT : AMPLE).work();
    const [entry] = await log(webhook);
    expect(entry).toMatchObject({ outcome: 'pending', tries: 1, ...last });
    expect(entry!.nextTryAt - entry!.lastTryAt!).toBeGreaterThanOrEqual(4_000);
    expect(entry!.nextTryAt - entry!.lastTryAt!).toBeLessThanOrEqual(6_000);
  });

  test('for the tenth time is the last, and its webhook is disabled until its owner enables it', async () => {
    const webhook = await register(await status(500));
    await cancelledJob();
    // Each by a gateway of its own: breakers that are open charge no try.
    for (let i = 0; i < 10; i++) {
      await due();
      await dispatcher().work();
    }
    expect(receivers.received).toHaveLength(10);
    expect(await log(webhook)).toMatchObject([{ outcome: 'failed', tries: 10 }]);
    expect(await webhooks.find(webhook.tenantId, webhook.id)).toMatchObject({ disabledReason: 'exhausted', version: 2 });
    expect(await counted('exhausted')).toBe(1);
    await cancelledJob();
    expect(await log(webhook)).toHaveLength(1);
    await expect(deliveries.redeliver(webhook.tenantId, webhook.id, { id: (await log(webhook))[0]!.id })).rejects.toMatchObject({
      code: 'conflict_state',
    });
  });
});

test('410 disables the webhook at once', async () => {
  const webhook = await register(await status(410));
  await cancelledJob();
  await cancelledJob();
  await dispatcher().work();
  expect(await webhooks.find(webhook.tenantId, webhook.id)).toMatchObject({ disabledReason: 'gone' });
  await due();
  await dispatcher().work();
  expect(receivers.received.length).toBeLessThanOrEqual(2);
});

test('a host that fails again and again is left alone, and waiting there charges no try; other tenants are served', async () => {
  let works = false;
  const url = await receiver((_request, response) => response.writeHead(works ? 200 : 503).end());
  const webhook = await register(url);
  const theirs = await register(url, 'theirs');
  const gateway = dispatcher();
  for (let i = 0; i < 6; i++) await cancelledJob();
  for (let i = 0; i < 3; i++) await gateway.work();
  // The breaker opened with the fifth failure; at most three more were under way.
  expect((await log(webhook)).map(({ tries }) => tries).reduce((sum, tries) => sum + tries, 0)).toBe(receivers.received.length);
  const before = receivers.received.length;
  await due();
  for (let i = 0; i < 2; i++) await gateway.work();
  expect(receivers.received).toHaveLength(before);
  expect(await counted('postponed')).toBeGreaterThanOrEqual(4);
  expect((await log(webhook)).every(({ outcome, nextTryAt }) => outcome === 'pending' && nextTryAt > Date.now())).toBe(true);
  works = true;
  await cancelledJob('theirs');
  await gateway.work();
  expect(await log(theirs)).toMatchObject([{ outcome: 'delivered' }]);
});

test('a slow receiver leaves room for the others', async () => {
  const slow = await register(await receiver(() => undefined));
  const quick = await register(await status(200));
  for (let i = 0; i < 6; i++) await cancelledJob();
  await dispatcher(deliveries, { ...AMPLE, timeoutMs: 1_000 }).work();
  expect((await log(quick)).filter(({ outcome }) => outcome === 'delivered')).toHaveLength(4);
  expect((await log(slow)).filter(({ tries }) => tries === 1)).toHaveLength(4);
});

test('while secrets rotate both sign, and the old one ends with its time', async () => {
  const webhook = await register(await status(200));
  const rotated = await webhooks.rotateSecret(webhook.tenantId, webhook.id, 3_600);
  await cancelledJob();
  await dispatcher().work();
  expect(verified(receivers.received[0]!, rotated).type).toBe('job.cancelled');
  expect(verified(receivers.received[0]!, webhook).type).toBe('job.cancelled');
  await database.query(`UPDATE attune.webhooks SET previous_secret_until = now() - interval '1 second'`);
  await cancelledJob();
  await dispatcher().work();
  expect(verified(receivers.received[1]!, rotated).type).toBe('job.cancelled');
  expect(() => verified(receivers.received[1]!, webhook)).toThrow();
});

test('a webhook is told of its own tenant, and of the types it asked for', async () => {
  const url = await status(200);
  const theirs = await register(url, 'theirs');
  const failures = await register(url, 'sample', ['job.failed']);
  await cancelledJob();
  await dispatcher().work();
  expect([await log(theirs), await log(failures)]).toEqual([[], []]);
  expect(receivers.received).toEqual([]);
});

test('a job that asks for a review tells so, and what was delivered can be sent once more under its id', async () => {
  const webhook = await register(await status(200));
  const { jobId, tenantId } = await submitSample(database, { operation: 'harmonize' });
  for (const [stage, review] of [
    ['inspect', false],
    ['plan', true],
  ] as const)
    await database.transaction(async (query) => {
      await transition(query, jobId, { type: 'claim', stage, worker: 'w1' });
      await transition(query, jobId, { type: 'commit', stage, epoch: 1, review });
    });
  const gateway = dispatcher();
  await gateway.work();
  expect(receivers.received.map((one) => verified(one, webhook))).toMatchObject([
    { type: 'job.awaiting_review', data: { status: 'awaiting_review' } },
  ]);
  const { id } = (await log(webhook))[0]!;
  expect(await deliveries.redeliver(tenantId, webhook.id, { id })).toBe(1);
  await gateway.work();
  expect(receivers.received).toHaveLength(2);
  expect(receivers.received[1]!.headers['webhook-id']).toBe(`msg_${id}`);
  const { tenantId: other } = await register(webhook.url, 'theirs');
  await expect(deliveries.redeliver(other, webhook.id, { id })).rejects.toMatchObject({ code: 'not_found' });
});
