// Rules, alerts and dashboards against promtool, and against a real Prometheus that scrapes a real split deployment.
import { spawn, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { freePort, ROOT } from '../../e2e/faults/deployment.mjs';
import { Split } from '../../e2e/faults/split.mjs';
import { readsOf } from '../../tools/dist/dashboards/promql.js';
import { missing } from './programs.mjs';

export const name = 'Prometheus and Grafana';

const RULES = ['recordings', 'alerts'].map((file) => path.join(ROOT, `deploy/prometheus/rules/${file}.yml`));
const TESTS = path.join(ROOT, 'deploy/prometheus/tests');
const DASHBOARDS = path.join(ROOT, 'deploy/grafana/dashboards');
/** As docs/how-to-monitor.md says. */
const SCRAPE = '15s';
const NO_WORKERS_MS = 180_000;
const JOBS_MS = 75_000;
const WAITING = 8;

/** What has no data in this deployment, and why. Whatever is here and has data all the same is a fault of this list. */
const WITHOUT_DATA = {
  redis_memory_ratio: 'the queue is in Postgres',
  redis_eviction_policy_ok: 'the queue is in Postgres',
  circuit_state: 'the blobs are files',
  backup_last_success_timestamp_seconds: 'no backup was taken',
  leases_expired_total: 'no worker was lost yet',
  fenced_writes_total: 'no worker was lost yet',
  reconciler_repairs_total: 'no deadline has passed',
  queue_listeners_rebuilt_total: 'no connection was swallowed',
  job_retries_total: 'no attempt failed by something that passes',
  jobs_redriven_total: 'no job was told to go on',
  schedule_fires_total: 'there is no schedule',
  rate_limited_total: 'nobody was too fast',
  quota_rejections_total: 'no quota was used up',
  requests_shed_total: 'nothing was short',
  webhook_deliveries_total: 'there is no webhook',
  'attune:webhook_failures:ratio_rate15m': 'there is no webhook',
  worker_child_exits_total: 'no engine process has ended',
  grpc_server_handled_total: 'nobody asked for a preview',
  grpc_server_handling_seconds_bucket: 'nobody asked for a preview',
  retention_expired_total: 'nothing is old enough',
};

export async function check(report) {
  const absent = missing('promtool', 'prometheus');
  if (absent) {
    for (const line of ['promtool check rules', 'promtool test rules', 'a Prometheus that scrapes a deployment'])
      report.notExecuted(line, absent);
    return;
  }
  const tests = fs.readdirSync(TESTS).map((file) => path.join(TESTS, file));
  tool(report, ['check', 'rules', ...RULES]);
  tool(report, ['test', 'rules', ...tests]);
  await live(report);
}

function tool(report, args) {
  const { status, stdout, stderr } = spawnSync('promtool', args, { encoding: 'utf8' });
  const line = `promtool ${args[0]} ${args[1]}: ${args.length - 2} files`;
  if (status === 0) report.executed(line);
  else report.failed(`${line}\n${stdout}${stderr}`);
}

async function live(report) {
  const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'attune-prometheus-'));
  const deployment = new Split(path.join(directory, 'data'), { ATTUNE_CANARY_SECONDS: '20' }, 1);
  let prometheus;
  try {
    await deployment.start();
    prometheus = await Prometheus.started(
      directory,
      deployment.processes.filter(({ name }) => name !== 'postgres').map(({ readyUrl }) => new URL(readyUrl).host),
    );
    await work(deployment, directory);
    await rulesAnswer(report, prometheus);
    await panelsAnswer(report, prometheus);
    await workersAreMissed(report, prometheus, deployment);
  } catch (error) {
    report.failed(`a Prometheus that scrapes a deployment: ${error.message}`);
  } finally {
    await prometheus?.stop();
    await deployment.stop();
    fs.rmSync(directory, { recursive: true, force: true });
  }
}

/** Jobs that complete and jobs that fail, for longer than the shortest window; and somebody without a key. */
async function work(deployment, directory) {
  const broken = path.join(directory, 'broken.zip');
  fs.writeFileSync(broken, Buffer.from([0x50, 0x4b, 3, 4, 0, 0]));
  for (const deadline = Date.now() + JOBS_MS; Date.now() < deadline; await pause(1_000)) {
    // More than the slots can take, so that something waits when the leader looks.
    const files = [broken, ...Array(WAITING).fill(path.join(ROOT, 'samples/members.csv'))];
    const ids = await Promise.all(files.map((file) => deployment.submit(file)));
    await fetch(`${deployment.url}/api/v1/jobs`);
    await fetch(`${deployment.url}/nothing`);
    for (const id of ids) await deployment.ended(id);
  }
  await pause(35_000); // the gauges, the scrape and the rules after the last job
}

/** Every rule is evaluated without an error; a recording has data, and an alert, which is silent while all is well, reads metrics that have. */
async function rulesAnswer(report, prometheus) {
  const { groups } = await prometheus.ask('rules');
  const rules = groups.flatMap((group) => group.rules);
  const faults = [];
  for (const rule of rules) {
    if (rule.health !== 'ok') faults.push(`${rule.name}: ${rule.health} ${rule.lastError ?? ''}`);
    const queries = rule.type === 'recording' ? [rule.name] : readsOf(rule.query).metrics.map(({ metric }) => metric);
    for (const query of queries) if (await isSilent(prometheus, query)) faults.push(`${rule.name}: ${query} has no data`);
  }
  tell(report, `${rules.length} rules are evaluated and find what they read`, faults);
  const firing = rules.filter(({ type, state }) => type === 'alerting' && state === 'firing').map((rule) => rule.name);
  tell(report, 'no alert fires while all is well', firing);
}

async function panelsAnswer(report, prometheus) {
  const files = fs.readdirSync(DASHBOARDS);
  const queries = files.flatMap((file) => {
    const { title, panels } = JSON.parse(fs.readFileSync(path.join(DASHBOARDS, file), 'utf8'));
    return panels.flatMap((panel) => panel.targets.map(({ expr }) => ({ where: `${title} / ${panel.title}`, query: expr })));
  });
  const faults = [];
  for (const { where, query } of queries)
    if (await isSilent(prometheus, query.replaceAll('$__rate_interval', '1m'))) faults.push(`${where} has no data`);
  tell(report, `${queries.length} queries of ${files.length} dashboards have data, or a reason to have none`, faults);
  const metrics = Object.keys(WITHOUT_DATA);
  const there = [];
  for (const metric of metrics) if (await prometheus.saw(metric)) there.push(`${metric} has data: take it off the list`);
  tell(report, `${metrics.length} metrics have no data, each for a reason`, there);
}

/** Nothing was there at any time of the course, and no metric that the query reads has a reason for it. */
async function isSilent(prometheus, query) {
  return !readsOf(query).metrics.some(({ metric }) => metric in WITHOUT_DATA) && !(await prometheus.saw(query));
}

async function workersAreMissed(report, prometheus, deployment) {
  const workers = deployment.processes.filter(({ name }) => /^(validator|harmonizer|generator)/.test(name));
  await Promise.all(workers.map((worker) => worker.kill()));
  const killed = Date.now();
  await deployment.submit(path.join(ROOT, 'samples/members.csv'));
  const line = 'NoWorkers fires after all workers of a split deployment were killed';
  for (; Date.now() < killed + NO_WORKERS_MS; await pause(1_000)) {
    if ((await prometheus.query('ALERTS{alertname="NoWorkers", alertstate="firing"}')).length === 0) continue;
    report.executed(`${line}: ${Math.round((Date.now() - killed) / 1000)} s`);
    return;
  }
  report.failed(`${line}: not within ${NO_WORKERS_MS / 1000} s`);
}

function tell(report, line, faults) {
  if (faults.length === 0) report.executed(line);
  else report.failed(`${line}\n  ${[...new Set(faults)].join('\n  ')}`);
}

/** A Prometheus of its own, in the foreground of nobody. */
class Prometheus {
  static async started(directory, targets) {
    const port = await freePort();
    const config = path.join(directory, 'prometheus.yml');
    const scrape = { job_name: 'attune', scrape_interval: SCRAPE, static_configs: [{ targets }] };
    // YAML takes JSON as it is.
    fs.writeFileSync(config, JSON.stringify({ global: { evaluation_interval: SCRAPE }, rule_files: RULES, scrape_configs: [scrape] }));
    const log = fs.openSync(path.join(directory, 'prometheus.log'), 'a');
    const args = [
      `--config.file=${config}`,
      `--storage.tsdb.path=${path.join(directory, 'prometheus')}`,
      `--web.listen-address=127.0.0.1:${port}`,
    ];
    const prometheus = new Prometheus();
    prometheus.url = `http://127.0.0.1:${port}`;
    prometheus.child = spawn('prometheus', args, { stdio: ['ignore', log, log] });
    fs.closeSync(log);
    for (const deadline = Date.now() + 60_000; ; await pause(200)) {
      const answer = await fetch(`${prometheus.url}/-/ready`).catch(() => undefined);
      if (answer?.status === 200) return prometheus;
      if (prometheus.child.exitCode !== null || Date.now() > deadline) throw new Error('Prometheus does not start');
    }
  }

  async ask(what) {
    const answer = await (await fetch(`${this.url}/api/v1/${what}`)).json();
    if (answer.status !== 'success') throw new Error(`Prometheus answers ${answer.error} to ${what}`);
    return answer.data;
  }

  async query(query) {
    return (await this.ask(`query?query=${encodeURIComponent(query)}`)).result;
  }

  /** Whether the query has had an answer at any time of the last minutes. */
  async saw(query) {
    const now = Date.now() / 1000;
    const range = `start=${now - 180}&end=${now}&step=5`;
    return (await this.ask(`query_range?query=${encodeURIComponent(query)}&${range}`)).result.length > 0;
  }

  async stop() {
    if (this.child.exitCode !== null) return;
    const gone = new Promise((resolve) => this.child.once('exit', resolve));
    this.child.kill('SIGTERM');
    await gone;
  }
}
