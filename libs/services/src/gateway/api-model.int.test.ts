import { randomUUID } from 'node:crypto';
import { ApiProblem, type AttuneClient, type JobBody } from '@attune/api';
import { bareId, type StageName, type WorkerService, WORKER_SERVICES } from '@attune/core';
import { type Claim, StagesRepository } from '@attune/platform';
import fc from 'fast-check';
import { type RunningGateway, startGateway } from './running-gateway.fixture.js';

jest.setTimeout(300_000);

const RUNS = process.env['TEST_FULL'] === '1' ? 200 : 15;
const STAGES: readonly [StageName, WorkerService][] = [
  ['inspect', 'validator'],
  ['plan', 'harmonizer'],
  ['transform', 'harmonizer'],
  ['check', 'validator'],
  ['publish', 'generator'],
];
const ENDED = new Set(['completed', 'failed', 'cancelled']);
/** What an API may answer to a request that it cannot do. */
type Refusal = 'not_found' | 'gone' | 'conflict_state' | 'idempotency_mismatch';

interface ModelJob {
  readonly id: string;
  readonly owner: number;
  status: 'pending' | 'processing' | 'completed' | 'failed' | 'cancelled';
  /** Position in STAGES of the stage that is next. */
  stage: number;
  running: boolean;
  cancelRequested: boolean;
  deleted: boolean;
  generation: number;
}

/** All that the API promises of jobs, told as simply as it can be: no time, no workers' leases, no bytes. */
interface Model {
  readonly jobs: ModelJob[];
  /** What was sent under an idempotency key, and the job that it made. */
  readonly keys: Map<string, { readonly content: string; readonly job: ModelJob }>;
}

/** The system, with what its workers hold. */
interface Real {
  readonly clients: readonly AttuneClient[];
  readonly stages: StagesRepository;
  readonly claims: Claim[];
  /** Of this run alone. */
  readonly salt: string;
}

type Command = fc.AsyncCommand<Model, Real>;
let gateway: RunningGateway;
let executed = 0;

beforeAll(
  async () => (gateway = await startGateway({ settings: { ATTUNE_RATE_JOBS: '0', ATTUNE_RATE_API: '0', ATTUNE_SHED_LAG_MS: '0' } })),
);
afterAll(() => gateway?.close());

const answerOf = <T>(asked: Promise<T>): Promise<T | string> =>
  asked.catch((error: unknown) => {
    if (error instanceof ApiProblem) return error.problem.code;
    throw error;
  });

/** Whoever does not own a job learns nothing of it, and of a deleted one everybody else knows no more than its owner. */
const hidden = (job: ModelJob, client: number): Refusal | undefined =>
  job.owner !== client ? 'not_found' : job.deleted ? 'gone' : undefined;

function expectAlike(found: JobBody | string, job: ModelJob): void {
  expect(found).toMatchObject({ job_id: job.id, status: job.status, generation: job.generation });
}

const begun = (id: string, owner: number): ModelJob => ({
  ...{ id, owner, status: 'pending', stage: 0, running: false, cancelRequested: false, deleted: false, generation: 1 },
});

const command = (
  name: string,
  run: (model: Model, real: Real) => Promise<void>,
  check: (model: Model) => boolean = () => true,
): Command => ({
  check,
  run: (model, real) => {
    executed++;
    return run(model, real);
  },
  toString: () => name,
});

/** Of the jobs so far one, by a number that need not be in their range. */
const onJob = (name: string, pick: number, run: (job: ModelJob, model: Model, real: Real) => Promise<void>): Command =>
  command(
    `${name}(${pick})`,
    (model, real) => run(model.jobs[pick % model.jobs.length]!, model, real),
    (model) => model.jobs.length > 0,
  );

const submit = (client: number, content: string, key: number | null): Command =>
  command(`submit(${client}, ${content}, ${key})`, async (model, real) => {
    const known = key === null ? undefined : model.keys.get(`${client} ${key}`);
    const found = await answerOf(
      real.clients[client]!.submit({
        file: new Blob([`patient_id\n${real.salt}-${content}\n`]),
        ...(key === null ? {} : { idempotencyKey: `${real.salt}-${key}` }),
      }),
    );
    if (known === undefined) {
      const job = begun((found as JobBody).job_id, client);
      expect(model.jobs.map(({ id }) => id)).not.toContain(job.id);
      expectAlike(found, job);
      model.jobs.push(job);
      if (key !== null) model.keys.set(`${client} ${key}`, { content, job });
    } else if (known.content !== content) expect(found).toBe('idempotency_mismatch');
    else if (known.job.deleted) expect(found).toBe('gone');
    // The first answer once more, whatever has become of the job.
    else expectAlike(found, begun(known.job.id, client));
  });

const read = (client: number, pick: number): Command =>
  onJob(`read by ${client} `, pick, async (job, _, real) => {
    const found = await answerOf(real.clients[client]!.job(job.id));
    const refusal = hidden(job, client);
    if (refusal !== undefined) expect(found).toBe(refusal);
    else expectAlike(found, job);
  });

const list = (client: number): Command =>
  command(`list(${client})`, async (model, real) => {
    const { data } = await real.clients[client]!.list({ limit: 200 });
    const ours = model.jobs.filter((job) => job.owner === client && !job.deleted);
    const listed = new Map(data.map((job) => [job.job_id, job.status]));
    expect(ours.map(({ id }) => [id, listed.get(id)])).toEqual(ours.map(({ id, status }) => [id, status]));
    for (const job of model.jobs.filter((one) => !ours.includes(one))) expect(listed.has(job.id)).toBe(false);
  });

/** What a worker is at ends at its next sign of life; what nobody is at ends at once. */
function cancelled(job: ModelJob): void {
  if (job.running) job.cancelRequested = true;
  else job.status = 'cancelled';
}

const cancel = (client: number, pick: number): Command =>
  onJob(`cancel by ${client} `, pick, async (job, _, real) => {
    const found = await answerOf(real.clients[client]!.cancel(job.id));
    const refusal = hidden(job, client) ?? (ENDED.has(job.status) ? 'conflict_state' : undefined);
    if (refusal !== undefined) return expect(found).toBe(refusal);
    cancelled(job);
    expectAlike(found, job);
  });

const remove = (client: number, pick: number): Command =>
  onJob(`remove by ${client} `, pick, async (job, _, real) => {
    const found = await answerOf(real.clients[client]!.remove(job.id));
    const refusal = hidden(job, client);
    if (refusal !== undefined) return expect(found).toBe(refusal);
    expect(found).toBeUndefined();
    if (ENDED.has(job.status)) job.deleted = true;
    else cancelled(job);
  });

const redrive = (client: number, pick: number): Command =>
  onJob(`redrive by ${client} `, pick, async (job, _, real) => {
    const found = await answerOf(real.clients[client]!.redrive(job.id));
    const refusal = hidden(job, client) ?? (job.status === 'failed' ? undefined : 'conflict_state');
    if (refusal !== undefined) return expect(found).toBe(refusal);
    Object.assign(job, { status: 'processing', generation: job.generation + 1 });
    expectAlike(found, job);
  });

const clone = (client: number, pick: number): Command =>
  onJob(`clone by ${client} `, pick, async (job, model, real) => {
    const found = await answerOf(real.clients[client]!.clone(job.id));
    const refusal = hidden(job, client);
    if (refusal !== undefined) return expect(found).toBe(refusal);
    const made = begun((found as JobBody).job_id, client);
    expect(model.jobs.map(({ id }) => id)).not.toContain(made.id);
    model.jobs.push(made);
  });

const take = (service: WorkerService): Command =>
  command(`take(${service})`, async (model, real) => {
    const isReady = (job: ModelJob): boolean => !ENDED.has(job.status) && !job.running && STAGES[job.stage]![1] === service;
    const claim = await real.stages.claim(service, 'model');
    if (claim === undefined) return expect(model.jobs.filter(isReady)).toEqual([]);
    const job = model.jobs.find(({ id }) => bareId('job', id) === claim.jobId)!;
    expect([isReady(job), claim.stage, claim.generation]).toEqual([true, STAGES[job.stage]![0], job.generation]);
    Object.assign(job, { running: true, status: 'processing' });
    real.claims.push(claim);
  });

const finish = (how: 'commit' | 'fail' | 'release', pick: number): Command =>
  command(
    `${how}(${pick})`,
    async (model, real) => {
      const [claim] = real.claims.splice(pick % real.claims.length, 1);
      const job = model.jobs.find(({ id }) => bareId('job', id) === claim!.jobId)!;
      if (how === 'commit') await real.stages.commit(claim!, { artifacts: [] });
      else if (how === 'release') await real.stages.release(claim!);
      else await real.stages.fail(claim!, { class: 'data', code: 'encoding', detail: 'planted' }, 0);
      job.running = false;
      if (job.cancelRequested) Object.assign(job, { status: 'cancelled', cancelRequested: false });
      else if (how === 'fail') job.status = 'failed';
      else if (how === 'commit' && ++job.stage === STAGES.length) job.status = 'completed';
    },
    (model) => model.jobs.some(({ running }) => running),
  );

const client = fc.integer({ min: 0, max: 1 });
const pick = fc.nat(7);
const COMMANDS: fc.Arbitrary<Command>[] = [
  fc.tuple(client, fc.constantFrom('a', 'b'), fc.option(fc.nat(2))).map((given) => submit(...given)),
  ...[read, cancel, remove, redrive, clone].map((made) => fc.tuple(client, pick).map((given) => made(...given))),
  client.map(list),
  fc.constantFrom(...WORKER_SERVICES).map(take),
  fc.constantFrom(...WORKER_SERVICES).map(take),
  fc
    .tuple(fc.constantFrom('commit' as const, 'commit' as const, 'fail' as const, 'release' as const), pick)
    .map((given) => finish(...given)),
];

test('whatever two tenants and their workers do in whatever order, every answer is the one that the model gives', async () => {
  const script = fc.commands(COMMANDS, { maxCommands: 60, size: 'max' });
  const property = fc.asyncProperty(script, async (commands) => {
    // What the run before has left is nobody's work any more.
    await gateway.database.query(`UPDATE attune.job_stages SET next_run_at = '2999-01-01' WHERE status IN ('ready','running')`);
    const clients = [gateway.clientOf(gateway.ours), gateway.clientOf(gateway.theirs)];
    const real: Real = { clients, stages: new StagesRepository(gateway.database), claims: [], salt: randomUUID() };
    await fc.asyncModelRun(() => ({ model: { jobs: [], keys: new Map() }, real }), commands);
  });
  await fc.assert(property, { numRuns: RUNS, seed: 5 });
  expect(executed).toBeGreaterThan(RUNS * 20);
});
