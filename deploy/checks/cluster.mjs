// The chart on a real kubelet: the pod runs as restricted as the namespace wants it, helm test passes, and an upgrade costs no job.
import { readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { CHART } from '../../tools/render-chart.mjs';
import { ApiServer, missingForApiServer } from './api-server.mjs';
import { missingForNode, Node } from './node.mjs';
import { missing } from './programs.mjs';
import { Client, run } from './stack.mjs';

export const name = 'cluster';

const LINE = 'the chart on a node';
const NAMESPACE = 'attune';
const POD = `/api/v1/namespaces/${NAMESPACE}/pods/attune-attune-0`;
const IMAGE = 'localhost/attune:0.1.0';
const ROWS = '300000';

export async function check(report) {
  const reason = missingForApiServer() ?? missingForNode() ?? missingHere();
  if (reason !== undefined) return report.notExecuted(LINE, reason);
  const server = new ApiServer();
  let node;
  try {
    await server.start();
    node = new Node(server);
    const { kubeletVersion, containerRuntimeVersion } = await node.start();
    report.executed(`a node is ready: kubelet ${kubeletVersion} with ${containerRuntimeVersion}`);
    node.take(IMAGE, 'ghcr.io/attune/attune:0.1.0');
    const volume = node.volume('data');
    await server.namespace(NAMESPACE);
    await server.ask('POST', '/api/v1/persistentvolumes', persistentVolume(volume));
    const helm = (...args) => run('helm', [...args, '--namespace', NAMESPACE, '--kubeconfig', server.kubeconfig]);
    const values = ['--set', 'embedded.persistence.storageClass=check', '--set', 'embedded.persistence.keep=false'];
    helm('install', 'attune', CHART, ...values, '--wait', '--timeout', '180s');
    report.executed('helm install with the minimal values: the pod runs and is ready where only restricted pods may be');
    await tested(server, node, helm, report);
    const key = readFileSync(join(volume, 'api-key'), 'utf8').trim();
    const upgrade = () => helm('upgrade', 'attune', CHART, ...values, '--set', 'pod.labels.revision=next', '--wait', '--timeout', '240s');
    await upgraded(server, key, upgrade, report);
    helm('uninstall', 'attune', '--wait');
    for (const end = Date.now() + 60_000; ; await pause(500)) {
      const { items } = (await server.ask('GET', `/api/v1/namespaces/${NAMESPACE}/pods`)).body;
      if (items.length === 0) break;
      if (Date.now() > end) throw new Error(`${items.length} pods are left after helm uninstall`);
    }
    report.executed('helm uninstall: no pod is left');
  } catch (error) {
    report.failed(`${LINE}: ${error.message}`);
  } finally {
    await node?.stop();
    await server.stop();
  }
}

function missingHere() {
  const helm = missing('helm');
  if (helm) return helm;
  if (run('podman', ['image', 'exists', IMAGE], { check: false }).status !== 0) return `there is no ${IMAGE}: the check compose builds it`;
  return undefined;
}

const persistentVolume = (folder) => ({
  ...{ apiVersion: 'v1', kind: 'PersistentVolume', metadata: { name: 'data' } },
  spec: { capacity: { storage: '20Gi' }, accessModes: ['ReadWriteOnce'], storageClassName: 'check', hostPath: { path: folder } },
});

const addressOf = async (server) => (await server.ask('GET', POD)).body.status?.podIP;

async function tested(server, node, helm, report) {
  await node.resolve(`attune-gateway.${NAMESPACE}.svc.cluster.local`, await addressOf(server));
  const said = helm('test', 'attune', '--timeout', '180s');
  if (/Phase: +Succeeded/.test(said) && !/Phase: +Failed/.test(said))
    report.executed('helm test: a job through the Service completes and its results have their hashes');
  else report.failed(`helm test: ${said}`);
}

/** The one pod is replaced while a job is at work: who asks meanwhile waits, and the job ends as if nothing had been. */
async function upgraded(server, key, upgrade, report) {
  const client = new Client(key, async () => `http://${await addressOf(server)}:8080`);
  const file = join(tmpdir(), 'attune-check-members.csv');
  run(process.execPath, ['bench/generate-members.mjs', '--rows', ROWS, '--seed', '7', '--out', file]);
  try {
    const id = await client.submit(file, 'upgrade');
    while ((await client.job(id)).stage !== 'transform') await pause(100);
    const before = (await server.ask('GET', POD)).body.metadata.uid;
    upgrade();
    const after = (await server.ask('GET', POD)).body.metadata.uid;
    const job = await client.ended(id);
    const said = `helm upgrade with a job of ${ROWS} records in its transform: the pod is another one, the job is ${job.status}`;
    if (job.status === 'completed' && before !== after) report.executed(said);
    else report.failed(said);
  } finally {
    rmSync(file, { force: true });
  }
}
