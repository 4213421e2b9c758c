// Builds the images, starts all of docker-compose.yml on stand-ins, and kills its containers one after another while jobs run.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { missing } from './programs.mjs';
import {
  Client,
  compose,
  container,
  podman,
  PROJECT,
  readCapabilities,
  requestsOf,
  revisionOf,
  ROOT,
  run,
  untilHealthy,
} from './stack.mjs';

export const name = 'compose';

const BASES = { NODE_IMAGE: 'localhost/attune-offline-node:bookworm', RUN_IMAGE: 'localhost/attune-offline-run:bookworm' };
const STAND_INS = [...Object.values(BASES), 'localhost/attune-offline-servers:bookworm', 'localhost/attune-offline-s3:bookworm'];
const IMAGES = {
  gateway: 'attune-gateway',
  validator: 'attune-validator',
  harmonizer: 'attune-harmonizer',
  generator: 'attune-generator',
  attune: 'attune',
};
const MAX_MB = 350;
const SERVERS = ['database', 'queue', 's3'];
const SERVICES = ['validator', 'harmonizer', 'generator', 'gateway-1', 'gateway-2'];
/** Which stage has to run for the kill of a worker to matter; the others matter at any time. */
const STAGES = { validator: ['inspect', 'validate', 'check'], harmonizer: ['plan', 'transform'], generator: ['publish'] };
const VICTIMS = ['validator', 'database', 'harmonizer', 'gateway-1', 'queue', 'gateway-2', 'balancer', 's3', 'generator'];
const ROWS = process.env.CHECK_ROWS ?? '1000000';

export async function check(report) {
  const reason = missingHere();
  if (reason) return report.notExecuted('images and compose', reason);
  // CHECK_BUILD=no takes the images of an earlier run.
  if (process.env.CHECK_BUILD === 'no') report.notExecuted('build of the images', 'CHECK_BUILD=no');
  else buildImages(report);
  const folder = mkdtempSync(join(tmpdir(), 'attune-compose-'));
  try {
    const client = await start(report);
    await sample(client, report);
    await rolling(client, report);
    await kills(client, join(folder, 'members.csv'), report);
  } finally {
    rmSync(folder, { recursive: true, force: true });
    compose('down', '-v');
    const left = podman('ps', '-a', '--filter', `name=${PROJECT}_`, '--format', '{{.Names}}');
    if (left === '') report.executed('down: no container is left');
    else report.failed(`down has left ${left}`);
  }
}

function missingHere() {
  const programs = missing('podman', 'podman-compose');
  if (programs) return programs;
  const absent = STAND_INS.find((image) => run('podman', ['image', 'exists', image], { check: false }).status !== 0);
  return absent && `there is no ${absent}: node deploy/offline/make-bases.mjs`;
}

function build(version, given = []) {
  const bases = Object.entries(BASES).flatMap(([name, image]) => ['--build-arg', `${name}=${image}`]);
  for (const [target, image] of Object.entries(IMAGES)) {
    const which = ['--target', target, '--tag', `localhost/${image}:${version}`];
    podman('build', '--quiet', '--format', 'docker', '--network', 'host', '--file', 'deploy/Dockerfile', ...which, ...bases, ...given, '.');
  }
}

function buildImages(report) {
  build('0.1.0');
  const base = sizeOf(BASES.RUN_IMAGE);
  for (const image of Object.values(IMAGES)) {
    const tag = `localhost/${image}:0.1.0`;
    const megabytes = Math.round((sizeOf(tag) - base) / 1e6);
    const layers = JSON.parse(podman('image', 'inspect', tag))[0].RootFS.Layers.length;
    const said = `image ${image}: ${megabytes} MB above its base, ${layers} layers`;
    if (megabytes <= MAX_MB) report.executed(said);
    else report.failed(`${said}, and ${MAX_MB} are allowed`);
  }
}

const sizeOf = (image) => JSON.parse(podman('image', 'inspect', image))[0].Size;

/** Old podman-compose waits for nothing, so the order of depends_on is kept here. */
async function start(report) {
  run(process.execPath, ['deploy/compose/make-secrets.mjs']);
  compose('up', '--no-build', '--detach', ...SERVERS);
  await untilHealthy(SERVERS);
  compose('up', '--no-build', '--detach', 'migrate');
  if (podman('wait', container('migrate')) !== '0') throw new Error(`migrate has failed: ${podman('logs', container('migrate'))}`);
  compose('up', '--no-build', '--detach', ...SERVICES, 'balancer');
  await untilHealthy([...SERVICES, 'balancer']);
  report.executed(`up: ${SERVERS.length + SERVICES.length + 1} containers are healthy, and the migrations have ended with 0`);
  for (const service of SERVICES) {
    const found = JSON.stringify(readCapabilities(service));
    const wanted = JSON.stringify({
      uid: 65532,
      capabilities: '0000000000000000',
      noNewPrivileges: '1',
      root: 'EROFS',
      app: 'EROFS',
      shell: false,
    });
    if (found === wanted) report.executed(`${service} is user 65532, without capabilities, writable root or shell`);
    else report.failed(`${service}: ${found}`);
  }
  const key = /^att_\w+$/m.exec(compose('run', '--no-deps', '--rm', '-T', 'attune', 'keys', 'create'))?.[0];
  if (!key) throw new Error('attune keys create has printed no key');
  return new Client(key);
}

async function sample(client, report) {
  const { status, stages } = await client.ended(await client.submit(join(ROOT, 'samples/members.csv'), 'sample'), 120);
  const requests = [requestsOf('gateway-1'), requestsOf('gateway-2')];
  const said = `the sample is ${status} after ${stages.length} stages; requests answered by the gateways: ${requests.join(' and ')}`;
  if (status === 'completed' && requests.every((count) => count > 0)) report.executed(said);
  else report.failed(said);
}

async function kills(client, file, report) {
  run(process.execPath, ['bench/generate-members.mjs', '--rows', ROWS, '--seed', '7', '--hostile', '0.003', '--out', file]);
  const before = Date.now();
  const calm = await client.submit(file, 'calm');
  const { status } = await client.ended(calm);
  const wanted = await client.contentHash(calm);
  if (status !== 'completed') return report.failed(`the undisturbed job of ${ROWS} rows is ${status}`);
  report.executed(`undisturbed: ${ROWS} rows in ${Math.round((Date.now() - before) / 1000)} s, content ${wanted.hash}`);
  const victims = VICTIMS.filter((service) => service !== 's3' || isKept());
  if (!isKept()) report.notExecuted('kill of s3', 'its stand-in keeps nothing: no versitygw was on the PATH of make-bases.mjs');
  for (let round = 1; victims.length > 0 && round <= 4; round++) {
    const killed = [];
    const started = Date.now();
    const id = await client.submit(file, `round-${round}`);
    const job = await client.ended(id, 900, async ({ status, stage }) => {
      const next = victims.findIndex((service) => STAGES[service]?.includes(stage) ?? status === 'processing');
      if (next < 0) return;
      const [victim] = victims.splice(next, 1);
      await kill(victim);
      killed.push(`${victim} in ${stage}`);
    });
    const found = await client.contentHash(id);
    const whole = job.status === 'completed' && (await client.resultIsWhole(id));
    const said = `killed ${killed.join(', ') || 'nobody'}: job ${round} ${job.status} after ${Math.round((Date.now() - started) / 1000)} s, content ${found.hash}`;
    if (whole && found.hash === wanted.hash) report.executed(said);
    else report.failed(`${said}; not alike: ${found.artifacts.filter((line) => !wanted.artifacts.includes(line)).join('; ')}`);
  }
  if (victims.length > 0) report.notExecuted(`kill of ${victims.join(', ')}`, 'its stage was too short to be met');
}

/** Every service is replaced by another revision of itself while jobs run: none fails, and no request is answered 5xx but 503. */
async function rolling(client, report) {
  build('next', ['--build-arg', 'REVISION=next']);
  for (const image of Object.values(IMAGES)) podman('tag', `localhost/${image}:next`, `localhost/${image}:0.1.0`);
  client.answers = {};
  const ids = [];
  let over = false;
  const load = Array.from({ length: 3 }, async (_, lane) => {
    for (let i = 0; !over; i++) {
      const id = await client.submit(join(ROOT, 'samples/members.csv'), `rolling-${lane}-${i}`);
      ids.push(id);
      await client.ended(id, 300);
    }
  });
  const revisions = new Set();
  try {
    for (const service of SERVICES) {
      podman('stop', '--time', '45', container(service));
      podman('rm', container(service));
      compose('up', '--no-build', '--detach', service);
      await untilHealthy([service]);
      revisions.add(`${revisionOf('gateway-1')} and ${revisionOf('gateway-2')}`);
      await pause(5000);
    }
  } finally {
    over = true;
    await Promise.all(load);
  }
  const jobs = await Promise.all(ids.map((id) => client.job(id)));
  const attempts = (await Promise.all(ids.map((id) => client.attempts(id)))).flat();
  const repeated = attempts.filter(({ outcome }) => outcome !== 'done').length;
  const failed = jobs.filter(({ status }) => status !== 'completed').length;
  const wrong = Object.keys(client.answers).filter((status) => /^5/.test(status) && status !== '503');
  const said = `rolling restart (${[...revisions].join('; ')}): ${jobs.length} jobs, ${failed} not completed; answers ${JSON.stringify(client.answers)}; ${repeated} of ${attempts.length} attempts repeated`;
  if (failed === 0 && wrong.length === 0 && repeated <= attempts.length / 10 && revisions.size > 1) report.executed(said);
  else report.failed(said);
}

/** The stand-in for S3 writes to its volume. */
const isKept = () => run('podman', ['exec', container('s3'), 'test', '-x', '/usr/local/bin/versitygw'], { check: false }).status === 0;

/** SIGKILL; what the restart policy does not start again is started here, as a supervisor would. */
async function kill(service) {
  podman('kill', '--signal', 'KILL', container(service));
  await pause(1000);
  if (podman('inspect', container(service), '--format', '{{.State.Running}}') !== 'true') podman('start', container(service));
  await pause(2000);
}
