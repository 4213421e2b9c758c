import { WEBHOOK_TYPES, type WebhookEvent } from '@attune/api';
import type { JobEvent } from '@attune/pipeline';
import { type FreshDatabase, freshDatabase, type Received, Receivers } from '@attune/testing';
import { pino } from 'pino';
import { Webhook } from 'standardwebhooks';
import { Database, type Prepared } from '../database/database.js';
import { DeliveriesRepository } from '../database/deliveries.repository.js';
import { writeDueDeliveries } from '../database/due-deliveries.js';
import { JobsRepository } from '../database/jobs.repository.js';
import { RedriveRepository } from '../database/redrive.repository.js';
import { type SampleJob, submitSample } from '../database/sample-job.fixture.js';
import { TenantsRepository } from '../database/tenants.repository.js';
import { transition } from '../database/transition.js';
import { WebhooksRepository } from '../database/webhooks.repository.js';
import { EgressGuard } from '../egress/egress-guard.js';
import { ownDestinations } from '../egress/reachable.js';
import { Metrics } from '../telemetry/metrics.js';
import { WebhookDispatcher } from './webhook-dispatcher.js';
import { webhookSecret } from './webhook-secret.js';

const PEPPER = 'a pepper of these tests';

let fresh: FreshDatabase;
let database: Database;
let webhooks: WebhooksRepository;
let deliveries: DeliveriesRepository;
let jobs: JobsRepository;
let receivers: Receivers;

beforeAll(async () => {
  fresh = await freshDatabase();
});
afterAll(() => fresh.drop());

beforeEach(async () => {
  database = await Database.open(fresh.url);
  await database.query('TRUNCATE attune.webhooks, attune.webhook_deliveries');
  webhooks = new WebhooksRepository(database);
  deliveries = new DeliveriesRepository(database);
  jobs = new JobsRepository(database);
  receivers = new Receivers();
});
afterEach(async () => {
  await database.close();
  await receivers.close();
});

const dispatcher = (timeoutMs = 10_000): WebhookDispatcher =>
  new WebhookDispatcher(
    {
      deliveries,
      guard: new EgressGuard(ownDestinations(['127.0.0.1'])!),
      pepper: PEPPER,
      metrics: new Metrics(),
      log: pino({ level: 'silent' }),
    },
    { timeoutMs, openMs: 60_000 },
  );

/** A job that tells of itself at `webhookUrl`, and has been cancelled before anybody worked on it. */
async function cancelled(webhookUrl?: string, tenant = 'sample'): Promise<SampleJob & { readonly webhookId: string | null }> {
  const job = await submitSample(database, { tenant, ...(webhookUrl === undefined ? {} : { webhookUrl }) });
  await jobs.cancel(job.tenantId, job.jobId);
  return { ...job, webhookId: (await jobs.find(job.tenantId, job.jobId))!.job.webhook_id };
}

const due = (): Promise<unknown> => database.query(`UPDATE attune.webhook_deliveries SET next_try_at = now() WHERE outcome = 'pending'`);
const logOf = ({ tenantId, webhookId }: { tenantId: string; webhookId: string | null }) =>
  deliveries.list(tenantId, webhookId!, { limit: 50 });
const eventOf = ({ body }: Received): WebhookEvent => JSON.parse(body) as WebhookEvent;
const verified = ({ body, headers }: Received, secret: string): WebhookEvent => new Webhook(secret).verify(body, headers) as WebhookEvent;

test('what a job comes to is told at its own address and to the webhooks of its tenant, and what others come to is not told there', async () => {
  const url = await receivers.open();
  const { tenantId, jobId, webhookId } = await cancelled(`${url}/own?token=secret`);
  const registered = await webhooks.create(tenantId, { url: `${url}/all`, types: WEBHOOK_TYPES, description: null });
  await cancelled(undefined);
  await cancelled(`${url}/second`);
  await cancelled(`${url}/theirs`, 'theirs');
  await dispatcher().work();
  const told = (path: string) => receivers.received.filter((one) => one.path === path).map((one) => eventOf(one).data.job_id);
  expect(told('/own?token=secret')).toEqual([`job_${jobId}`]);
  expect([told('/second').length, told('/theirs').length, told('/all').length]).toEqual([1, 1, 2]);
  expect(await logOf({ tenantId, webhookId })).toMatchObject([{ jobId, type: 'job.cancelled', outcome: 'delivered', tries: 1 }]);
  expect((await webhooks.list(tenantId, { limit: 50 })).map(({ id }) => id)).toEqual([registered.id]);
});

test('everything that a job comes to is told, in every generation: the review it asks for, its end, and the end after it went on', async () => {
  const url = await receivers.open();
  const { tenantId, jobId } = await submitSample(database, { operation: 'harmonize', webhookUrl: `${url}/own` });
  const step = (...events: JobEvent[]) =>
    database.transaction(async (query) => {
      for (const event of events) await transition(query, jobId, event);
    });
  await step({ type: 'claim', stage: 'inspect', worker: 'w1' }, { type: 'commit', stage: 'inspect', epoch: 1 });
  await step({ type: 'claim', stage: 'plan', worker: 'w1' }, { type: 'commit', stage: 'plan', epoch: 1, review: true });
  await database.query(`UPDATE attune.jobs SET deadline_at = now() - interval '1 second' WHERE id = $1`, [jobId]);
  await step({ type: 'tick' });
  await new RedriveRepository(database).redrive(tenantId, jobId);
  await jobs.cancel(tenantId, jobId);
  for (let i = 0; i < 3; i++) await dispatcher().work();
  const told = receivers.received.map(eventOf).sort((a, b) => a.data.version - b.data.version);
  expect(told.map(({ type }) => type)).toEqual(['job.awaiting_review', 'job.expired', 'job.cancelled']);
  expect(new Set(told.map(({ data }) => data.job_id))).toEqual(new Set([`job_${jobId}`]));
});

test('one secret of the tenant signs for all its single jobs, and while it rotates both do', async () => {
  const url = await receivers.open();
  const tenantId = await new TenantsRepository(database).ensureTenant('signed');
  const first = await webhooks.rotateJobSecret(tenantId, 3_600);
  for (let i = 0; i < 2; i++) await cancelled(`${url}/${i}`, 'signed');
  await dispatcher().work();
  const firstSecret = webhookSecret(PEPPER, tenantId, first.version);
  for (const one of receivers.received) expect(verified(one, firstSecret).type).toBe('job.cancelled');
  expect(receivers.received).toHaveLength(2);
  const second = await webhooks.rotateJobSecret(tenantId, 3_600);
  const secondSecret = webhookSecret(PEPPER, tenantId, second.version);
  expect(second.version).toBe(first.version + 1);
  await cancelled(`${url}/both`, 'signed');
  await dispatcher().work();
  for (const secret of [firstSecret, secondSecret]) expect(verified(receivers.received.at(-1)!, secret).type).toBe('job.cancelled');
  await database.query(`UPDATE attune.tenants SET previous_job_secret_until = now() - interval '1 second' WHERE id = $1`, [tenantId]);
  await cancelled(`${url}/second`, 'signed');
  await dispatcher().work();
  expect(verified(receivers.received.at(-1)!, secondSecret).type).toBe('job.cancelled');
  expect(() => verified(receivers.received.at(-1)!, firstSecret)).toThrow();
});

test('however many single jobs of a tenant wait for slow receivers, the others are served', async () => {
  const slow = await receivers.open(() => undefined);
  const quick = await receivers.open();
  for (let i = 0; i < 20; i++) await cancelled(`${slow}/${i}`);
  const theirs = await cancelled(`${quick}/theirs`, 'theirs');
  const registered = await webhooks.create(theirs.tenantId, { url: `${quick}/all`, types: WEBHOOK_TYPES, description: null });
  await cancelled(undefined, 'theirs');
  await dispatcher(1_000).work();
  expect(await logOf(theirs)).toMatchObject([{ outcome: 'delivered' }]);
  expect(await logOf({ tenantId: theirs.tenantId, webhookId: registered.id })).toMatchObject([{ outcome: 'delivered' }]);
  expect(
    await database.query(`SELECT count(*)::int AS tried FROM attune.webhook_deliveries WHERE tries = 1 AND outcome = 'pending'`),
  ).toEqual([{ tried: 4 }]);
});

test('a try at the address of a job that fails is tried again, and the last one silences that job alone, until its owner enables it', async () => {
  let works = false;
  const url = await receivers.open((_request, response) => response.writeHead(works ? 200 : 500).end());
  const job = await cancelled(`${url}/own`);
  const other = await cancelled(`${url}/other`);
  await database.query(`UPDATE attune.webhook_deliveries SET next_try_at = 'infinity' WHERE job_id = $1`, [other.jobId]);
  for (let i = 0; i < 10; i++) {
    await database.query(`UPDATE attune.webhook_deliveries SET next_try_at = now() WHERE job_id = $1 AND outcome = 'pending'`, [job.jobId]);
    await dispatcher().work();
  }
  const [entry] = await logOf(job);
  expect(entry).toMatchObject({ outcome: 'failed', tries: 10, lastStatus: 500 });
  const stored = await webhooks.find(job.tenantId, job.webhookId!);
  expect(stored).toMatchObject({ jobId: job.jobId, disabledReason: 'exhausted' });
  expect(await webhooks.find(job.tenantId, other.webhookId!)).toMatchObject({ disabledReason: null });
  await expect(deliveries.redeliver(job.tenantId, stored.id, { id: entry!.id })).rejects.toMatchObject({ code: 'conflict_state' });
  works = true;
  await webhooks.change(job.tenantId, stored.id, stored.version, { enabled: true });
  expect(await deliveries.redeliver(job.tenantId, stored.id, { id: entry!.id })).toBe(1);
  await dispatcher().work();
  expect(await logOf(job)).toMatchObject([{ id: entry!.id, outcome: 'delivered' }]);
  expect(receivers.received.at(-1)!.headers['webhook-id']).toBe(`msg_${entry!.id}`);
});

test('an address that is no public one any more is looked at again at every sending, and nothing goes there', async () => {
  const job = await cancelled('https://10.0.0.1/own');
  await dispatcher().work();
  expect(await logOf(job)).toMatchObject([{ outcome: 'pending', tries: 1, lastStatus: null, lastError: 'address_refused' }]);
});

test('with its job goes its webhook, the log, and what was still to be sent', async () => {
  const url = await receivers.open();
  const job = await cancelled(`${url}/own?token=secret`);
  await jobs.delete(job.tenantId, job.jobId, () => Promise.resolve());
  await due();
  await dispatcher().work();
  expect(receivers.received).toEqual([]);
  await expect(webhooks.find(job.tenantId, job.webhookId!)).rejects.toMatchObject({ code: 'not_found' });
  const left = await database.query(
    `SELECT (SELECT count(*) FROM attune.webhooks)::int AS webhooks, (SELECT count(*) FROM attune.webhook_deliveries)::int AS deliveries,
       (SELECT count(*) FROM attune.jobs WHERE webhook_id IS NOT NULL AND id = $1)::int AS named`,
    [job.jobId],
  );
  expect(left).toEqual([{ webhooks: 0, deliveries: 0, named: 0 }]);
});

interface Node {
  readonly 'Relation Name'?: string;
  readonly 'Actual Rows': number;
  readonly 'Actual Loops': number;
  readonly 'Rows Removed by Filter'?: number;
  readonly Plans?: readonly Node[];
}

/** Rows of the table webhooks that a plan has looked at. */
function webhooksRead(node: Node): number {
  const own =
    node['Relation Name'] === 'webhooks' ? (node['Actual Rows'] + (node['Rows Removed by Filter'] ?? 0)) * node['Actual Loops'] : 0;
  return own + (node.Plans ?? []).reduce((sum, child) => sum + webhooksRead(child), 0);
}

test('what is due and who is to be told costs the same however many jobs have had addresses of their own', async () => {
  const { tenantId, jobId } = await cancelled('https://to.test/own');
  await webhooks.create(tenantId, { url: 'https://to.test/all', types: WEBHOOK_TYPES, description: null });
  await database.query(
    `WITH made AS (
       INSERT INTO attune.jobs (tenant_id, id, operation, options, dataset_id, input_sha256, bytes_in)
       SELECT tenant_id, gen_random_uuid(), operation, options, dataset_id, input_sha256, bytes_in
       FROM attune.jobs, generate_series(1, 5000) WHERE id = $1 RETURNING id)
     INSERT INTO attune.webhooks (tenant_id, id, url, types, job_id) SELECT $2, gen_random_uuid(), 'https://to.test', '{}', id FROM made`,
    [jobId, tenantId],
  );
  await database.query('ANALYZE attune.webhooks, attune.webhook_deliveries');
  const read: number[] = [];
  const explained = async (statement: string | Prepared, values?: readonly unknown[]): Promise<never[]> => {
    const text = typeof statement === 'string' ? statement : statement.text;
    const [row] = await database.query<{ 'QUERY PLAN': readonly [{ readonly Plan: Node }] }>(
      `EXPLAIN (ANALYZE, FORMAT JSON) ${text}`,
      values,
    );
    read.push(webhooksRead(row!['QUERY PLAN'][0].Plan));
    return [];
  };
  await new DeliveriesRepository({ query: explained } as unknown as Database).claim({ limit: 16, perLane: 4, busy: [], leaseMs: 1_000 });
  await writeDueDeliveries(explained, { id: jobId, tenant_id: tenantId }, 'completed');
  expect(read).toHaveLength(2);
  for (const rows of read) expect(rows).toBeLessThan(20);
});
