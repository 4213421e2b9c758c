import fc from 'fast-check';
import { faultsOf, openApi } from './contract.js';
import { type FuzzRequest, type Pool, requests } from './fuzz-requests.js';
import { wellFormed } from './fuzz-values.js';
import { Installation } from './installation.js';

const REQUESTS = Number(process.env['TEST_FUZZ_REQUESTS'] ?? 2000);
const SEED = Number(process.env['TEST_FUZZ_SEED'] ?? 1);
const AT_ONCE = 8;
/** A stream of events ends when its job does, which may be never. */
const PATIENCE_MS = 5_000;
const KEPT = 50;

let attune: Installation;
let pool: Pool;
jest.setTimeout(1_800_000);

beforeAll(async () => {
  attune = await Installation.start({ ATTUNE_RATE_JOBS: '0', ATTUNE_RATE_API: '0', ATTUNE_EGRESS_ALLOW: '127.0.0.1' });
  const good = Array.from({ length: 60 }, (_, i) => `P${i},Ada,1980-01-02,x`).join('\n');
  const bytes = `patient_id,first_name,birth_date,note\n${good}\nP1,Ada,1980-01-02,x\nP2,Bo,02/30/1980,y\nP3,"Cy",1,2,3\n`;
  const jobs = await Promise.all([
    attune.run({ bytes, options: { output_formats: ['csv', 'json', 'ndjson', 'parquet'] } }),
    attune.run({ bytes, operation: 'validate' }),
    attune.run({ bytes, options: { mapping: { fields: [{ field: 'patient_id', from: [{ ordinal: 9, name: 'z' }] }] } } }),
  ]);
  // Documents at random are hardly ever right in every respect: what reads one needs the documented example.
  const [mapping, rules, spare] = await Promise.all(['/api/v1/mappings', '/api/v1/rules', '/api/v1/rules'].map(kept));
  pool = {
    jobs: jobs.map(({ job_id: id }) => id),
    spare: [],
    mappings: [mapping!],
    rules: [rules!],
    spareRules: [spare!],
    uploads: [await begun()],
    spareUploads: [await begun()],
    webhooks: [await told()],
    spareWebhooks: [await told()],
    schedules: [await scheduled(jobs[0].input)],
    spareSchedules: [await scheduled(jobs[0].input)],
    etags: ['"1"'],
    cursors: [],
  };
});
afterAll(async () => expect(await attune.stop()).toEqual({ exitCode: 0, left: [] }), 120_000);

/** An upload that waits for its bytes. */
async function begun(): Promise<string> {
  const answer = await attune.request('/api/v1/uploads', { method: 'POST', headers: { 'Tus-Resumable': '1.0.0', 'Upload-Length': '8' } });
  expect(answer.status).toBe(201);
  return answer.headers.get('location')!.split('/').pop()!;
}

/** A webhook to where nobody listens. */
async function told(): Promise<string> {
  const answer = await attune.send('/api/v1/webhooks', 'POST', {}, { url: 'http://127.0.0.1:9/' });
  expect(answer.status).toBe(201);
  return ((await answer.json()) as { webhook_id: string }).webhook_id;
}

/** A schedule that is due in another year. */
async function scheduled({ sha256 }: { sha256: string }): Promise<string> {
  const asked = { name: 'yearly', cron: '0 0 29 2 *', job: { operation: 'validate', input: { sha256 } } };
  const answer = await attune.send('/api/v1/schedules', 'POST', {}, asked);
  expect(answer.status).toBe(201);
  return ((await answer.json()) as { schedule_id: string }).schedule_id;
}

/** The id under which the example of the document was kept. */
async function kept(route: string): Promise<string> {
  const { example } = openApi.paths[route]!['post']!.requestBody!.content['application/json']!;
  const answer = await attune.send(route, 'POST', {}, example);
  expect(answer.status).toBe(201);
  const body = (await answer.json()) as Harvested;
  return body.mapping_id ?? body.rules_id!;
}

/** Statuses by operation, so that a reader sees what was reached. */
const reached = new Map<string, Map<number, number>>();

test(`${REQUESTS} requests around the document get documented answers, and none of them breaks the server`, async () => {
  const faults = new Map<string, string>();
  const waiting = fc.sample(requests(), { numRuns: REQUESTS, seed: SEED }).values();
  const work = async (): Promise<void> => {
    for (const request of waiting) {
      const found = await send(request);
      if (found !== undefined && !faults.has(found.kind)) faults.set(found.kind, found.exact);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  const table = [...reached].map(([id, statuses]) => `${id}: ${[...statuses].map(([status, count]) => `${status} x ${count}`).join(', ')}`);
  if (process.env['TEST_FUZZ_REQUESTS'] !== undefined) process.stdout.write(`${table.sort().join('\n')}\n`);
  expect([...faults].map(([kind, exact]) => `${kind}\n  ${exact}`)).toEqual([]);
  expect((await attune.request('/health/ready')).status).toBe(200);
});

test('every operation was reached, and every one that only reads has answered well', () => {
  const untouched = Object.values(openApi.paths).flatMap((methods) =>
    Object.entries(methods).flatMap(([method, { operationId }]) => {
      const statuses = [...(reached.get(operationId)?.keys() ?? [])];
      return statuses.length === 0 || (method === 'get' && !statuses.some((status) => status < 400)) ? [operationId] : [];
    }),
  );
  // A file of the documentation page is only reached by its version, which is for the page to know; parts go only to a bucket.
  expect(untouched.filter((id) => id !== 'readDocsFile' && id !== 'listUploadParts')).toEqual([]);
});

async function send(request: FuzzRequest): Promise<{ kind: string; exact: string } | undefined> {
  const url = attune.server.url + request.path(pool) + request.query(pool);
  const key: Record<string, string> =
    request.key === 'right' ? attune.server.headers : request.key === 'wrong' ? { 'X-API-Key': 'wrong' } : {};
  const headers = { ...request.headers(pool), ...key };
  const said =
    typeof request.body === 'string' ? request.body.slice(0, 300) : request.body && JSON.stringify([...request.body]).slice(0, 300);
  const exact = `${request.method.toUpperCase()} ${url} ${JSON.stringify({ ...headers, Authorization: undefined })} ${said}`;
  const method = request.method.toUpperCase();
  try {
    const body = typeof request.body === 'string' ? wellFormed(request.body) : request.body;
    const answer = await fetch(url, {
      method,
      headers,
      body: body ?? null,
      redirect: 'manual',
      signal: AbortSignal.timeout(PATIENCE_MS * 2),
    });
    const faults = await faultsOf(request.method, new URL(url).pathname, answer);
    if (answer.status >= 500) faults.push(`status ${answer.status}`);
    note(request, answer.status);
    await harvest(request, answer);
    return faults.length === 0 ? undefined : { kind: `${request.operation} ${answer.status} ${faults.join('; ').slice(0, 300)}`, exact };
  } catch (error) {
    return { kind: `${request.operation} ${(error as Error).name}: ${(error as Error).message}`, exact };
  }
}

function note({ operation }: FuzzRequest, status: number): void {
  const statuses = reached.get(operation) ?? new Map<number, number>();
  reached.set(operation, statuses.set(status, (statuses.get(status) ?? 0) + 1));
}

interface Harvested {
  readonly next_cursor?: string;
  readonly job_id?: string;
  readonly mapping_id?: string;
  readonly rules_id?: string;
}

/** What an answer names can be asked for; then its connection is given back. */
async function harvest({ operation }: FuzzRequest, answer: Response): Promise<void> {
  const etag = answer.headers.get('etag');
  if (etag !== null && pool.etags.length < KEPT) pool.etags.push(etag);
  if (!answer.headers.get('content-type')?.startsWith('application/json') || answer.status >= 300) {
    await answer.body?.cancel();
    return;
  }
  const body = (await answer.json().catch(() => ({}))) as Harvested;
  if (body.next_cursor && pool.cursors.length < KEPT) pool.cursors.push(body.next_cursor);
  if (body.job_id !== undefined && answer.status === 202 && operation !== 'readJob') pool.spare.push(body.job_id);
  if (body.mapping_id !== undefined && pool.mappings.length < KEPT) pool.mappings.push(body.mapping_id);
  const rules = pool.rules.length > pool.spareRules.length ? pool.spareRules : pool.rules;
  if (body.rules_id !== undefined && rules.length < KEPT) rules.push(body.rules_id);
}
