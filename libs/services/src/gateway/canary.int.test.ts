import { services } from '../index.js';
import { CANARY_SHA256, flyCanary } from './canary.js';
import { type RunningGateway, startGateway } from './running-gateway.fixture.js';

const WRONG = 'f'.repeat(64);

/** Values of a metric by its labels, as they are scraped. */
async function scraped(gateway: RunningGateway, name: string): Promise<Record<string, number>> {
  const { text } = await gateway.call('get', '/api/v1/metrics').expect(200);
  const lines = text.split('\n').filter((line) => line.startsWith(`${name}{`) || line.startsWith(`${name} `));
  return Object.fromEntries(
    lines.map((line) => [line.slice(name.length, line.lastIndexOf(' ')), Number(line.slice(line.lastIndexOf(' ')))]),
  );
}

describe('with workers', () => {
  let gateway: RunningGateway;
  beforeAll(async () => (gateway = await startGateway({ services, settings: { ATTUNE_CANARY_SECONDS: '1' } })));
  afterAll(() => gateway?.close());

  test('the leader has a canary come back with the one result that it may have, and says when', async () => {
    const until = performance.now() + 60_000;
    const outcome = (name: string): string => `{outcome="${name}"}`;
    let jobs: Record<string, number>;
    do {
      await new Promise((resolve) => setTimeout(resolve, 250));
      jobs = await scraped(gateway, 'canary_jobs_total');
    } while (!(jobs[outcome('ok')]! >= 2) && performance.now() < until);
    expect(jobs).toEqual({
      [outcome('ok')]: expect.any(Number) as number,
      [outcome('failed')]: 0,
      [outcome('wrong_hash')]: 0,
      [outcome('timeout')]: 0,
    });
    expect(jobs[outcome('ok')]).toBeGreaterThanOrEqual(2);
    const [at] = Object.values(await scraped(gateway, 'canary_last_success_timestamp_seconds'));
    expect(Math.abs(Date.now() / 1000 - at!)).toBeLessThan(60);
    // What it is about is nobody's data.
    expect(Object.values(await scraped(gateway, 'records_processed_total'))).toEqual([]);
    expect(Object.values(await scraped(gateway, 'data_quality_score'))).toEqual([]);
  });

  test('a canary is a job like any other of its own tenant, which is kept for a day', async () => {
    expect(await flyCanary(gateway.clientOf(), CANARY_SHA256)).toBe('ok');
    const kept = await gateway.database.query(
      `SELECT raw_days, results_days FROM attune.retention_policies JOIN attune.tenants t ON t.id = tenant_id WHERE t.name = 'attune-canary'`,
    );
    expect(kept).toEqual([{ raw_days: 1, results_days: 1 }]);
    expect((await gateway.clientOf().list()).data).toHaveLength(1);
  });

  test('one byte of difference is told', async () => {
    expect(await flyCanary(gateway.clientOf(), WRONG)).toBe('wrong_hash');
  });
});

test('a canary that nobody works on is told as one that did not come back', async () => {
  const gateway = await startGateway();
  try {
    expect(await flyCanary(gateway.clientOf(), CANARY_SHA256, { patienceMs: 1_000 })).toBe('timeout');
    const cancelled = flyCanary(gateway.clientOf(gateway.theirs), CANARY_SHA256);
    const client = gateway.clientOf(gateway.theirs);
    let ids: string[] = [];
    while (ids.length === 0) ids = (await client.list()).data.map(({ job_id: id }) => id);
    await client.cancel(ids[0]!);
    expect(await cancelled).toBe('failed');
  } finally {
    await gateway.close();
  }
});
