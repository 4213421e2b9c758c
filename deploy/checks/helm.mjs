// The chart where helm is: lint, goldens, refusals, schemas, and a real API server where one is installed.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseAllDocuments } from 'yaml';
import { CHART, helm, isGolden, render, SETS } from '../../tools/render-chart.mjs';
import { ApiServer, missingForApiServer } from './api-server.mjs';
import { missing } from './programs.mjs';
import { kubernetesSources, writeSchemas } from './schemas.mjs';

export const name = 'helm';

const NAMESPACE = 'attune';
const MANUAL = ['several nodes, KEDA that scales, gVisor', 'upgrade from a released version with jobs in flight'];

export async function check(report) {
  const absent = missing('helm');
  if (absent) return report.notExecuted('the chart rendered, linted and installed', absent);
  attempt(report, 'helm lint --strict', () => helm('lint', '--strict', CHART, '--kube-version', SETS[0].kubernetes));
  const stale = SETS.filter((set) => !isGolden(set)).map((set) => set.name);
  if (stale.length > 0) report.failed(`goldens differ (node tools/render-chart.mjs): ${stale.join(', ')}`);
  else report.executed(`helm template over ${SETS.length} sets of values: equal to the goldens`);
  refusals(report);
  schemas(report);
  linter(report);
  await onApiServer(report);
  for (const manual of MANUAL) report.notExecuted(manual, 'needs a real cluster');
}

function attempt(report, line, work) {
  try {
    work();
    report.executed(line);
  } catch (error) {
    report.failed(`${line}: ${error.message}`);
  }
}

const split = ['shape=split', 'database.existingSecret=d', 'storage.url=s3://b/p', 'pepper.existingSecret=p'];

/** What may not render, and what is said about it. */
const REFUSALS = [
  ['HPA and KEDA on one workload', [...split, 'validator.hpa.enabled=true', 'validator.keda.enabled=true'], /two controllers/],
  ['a Redis that evicts', [...split, 'queue.maxmemoryPolicy=allkeys-lru'], /noeviction/],
  ['a split without a database', ['shape=split', 'storage.url=s3://b/p'], /database.existingSecret is needed/],
  ['a split without a store', ['shape=split', 'database.existingSecret=d'], /storage.url .* or storage.existingClaim/],
  ['two stores', [...split, 'storage.existingClaim=c'], /choose one/],
  ['an embedded shape with a database of its own', ['database.existingSecret=d'], /are of shape: split/],
  ['a backup inside of the embedded shape', ['cronJobs.backup.enabled=true'], /go into the pod/],
  ['a backup without a volume', [...split, 'cronJobs.backup.enabled=true'], /existingClaim is needed/],
  ['the collector of garbage without a key', [...split, 'cronJobs.gc.enabled=true'], /needs apiKey.existingSecret/],
  ['certificates without an issuer', [...split, 'grpcTls.enabled=true'], /issuer.name is needed/],
  ['an image without a digest where digests are asked for', ['image.requireDigests=true'], /image.digests.attune is needed/],
  ['the tag latest', ['image.tag=latest'], /another|different image tomorrow/],
  ['a value that was removed or has another name', ['replicaCount=3'], /replicaCount/],
  ['a setting that the chart sets itself', ['settings.ATTUNE_HTTP_PORT=1'], /ATTUNE_HTTP_PORT/],
];

function refusals(report) {
  let refused = 0;
  for (const [what, values, message] of REFUSALS) {
    try {
      render(
        SETS.find((set) => set.name === 'minimal'),
        ...values.flatMap((value) => ['--set', value]),
      );
      report.failed(`${what}: renders`);
    } catch (error) {
      if (message.test(error.message)) refused++;
      else report.failed(`${what}: refused without saying why: ${error.message}`);
    }
  }
  if (refused === REFUSALS.length) report.executed(`${refused} sets of values that may not render: each refused with its reason`);
}

function linter(report) {
  const absent = missing('kube-linter');
  if (absent) return report.notExecuted('kube-linter over the goldens', absent);
  const args = ['lint', '--config', join(import.meta.dirname, 'kube-linter.yml'), ...SETS.map((set) => set.golden)];
  const { status, stdout } = spawnSync('kube-linter', args, { encoding: 'utf8' });
  if (status === 0) report.executed('kube-linter over the goldens, three checks left out with their reasons');
  else report.failed(`kube-linter: ${stdout}`);
}

/** By the schemas of every Kubernetes whose sources are there; and each of them refuses what no Kubernetes knows. */
function schemas(report) {
  const line = 'kubeconform -strict over the goldens';
  const absent = missing('kubeconform');
  if (absent) return report.notExecuted(line, absent);
  const sources = kubernetesSources();
  if (sources.length === 0) report.notExecuted(line, 'there are no sources of Kubernetes: deploy/checks/schemas.mjs');
  const folder = mkdtempSync(join(tmpdir(), 'attune-schemas-'));
  try {
    for (const { version, file } of sources) {
      const location = writeSchemas(file, join(folder, version));
      const judge = (...files) =>
        spawnSync(
          'kubeconform',
          ['-strict', '-ignore-missing-schemas', '-summary', '-output', 'json', '-schema-location', location, ...files],
          { encoding: 'utf8', maxBuffer: 1 << 28 },
        );
      const { status, stdout } = judge(...SETS.map((set) => set.golden));
      const { valid = 0, skipped = 0 } = stdout.startsWith('{') ? JSON.parse(stdout).summary : {};
      const planted = join(folder, 'planted.yaml');
      writeFileSync(planted, readFileSync(SETS[0].golden, 'utf8').replace(/^( +)containers:$/m, '$1restartPolice: Always\n$1containers:'));
      if (status !== 0 || valid === 0) report.failed(`${line}, ${version}: ${stdout.slice(0, 4000)}`);
      else if (judge(planted).status === 0) report.failed(`${line}, ${version}: a misspelt member is not seen`);
      else
        report.executed(
          `${line}, Kubernetes ${version}: ${valid} objects valid, ${skipped} of kinds that are not its own; a planted misspelling refused`,
        );
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function onApiServer(report) {
  const absent = missingForApiServer();
  if (absent !== undefined) {
    report.notExecuted('validation by a real API server, install, upgrade, uninstall', absent);
    return;
  }
  const server = new ApiServer();
  try {
    await server.start();
    await judged(server, report);
    await installed(server, report);
    await pepperKept(server, report);
  } catch (error) {
    report.failed(`API server: ${error.message}`);
  } finally {
    await server.stop();
  }
}

const objectsOf = (set) => parseAllDocuments(render(set)).flatMap((document) => document.toJS() ?? []);

/** The pods that controllers would make of an object. */
function podOf({ kind, metadata, spec }) {
  const template = spec?.template ?? spec?.jobTemplate?.spec.template;
  if (kind === 'Pod' || template === undefined) return [];
  return [
    { apiVersion: 'v1', kind: 'Pod', ...template, metadata: { ...template.metadata, name: metadata.name, namespace: metadata.namespace } },
  ];
}

/** Every object of every set is asked about, and every pod by itself: Pod Security looks at pods. */
async function judged(server, report) {
  await server.namespace(NAMESPACE);
  await server.ask('POST', '/apis/node.k8s.io/v1/runtimeclasses', runtimeClass);
  await server.ask('POST', '/apis/scheduling.k8s.io/v1/priorityclasses', priorityClass);
  for (const account of ['attune', 'records'])
    await server.ask('POST', `/api/v1/namespaces/${NAMESPACE}/serviceaccounts`, { metadata: { name: account } });
  await refuses(server, report);
  const counts = { objects: 0, pods: 0 };
  for (const set of SETS) {
    const objects = objectsOf(set);
    const pods = objects.flatMap(podOf);
    for (const object of [...objects.filter(({ kind }) => kind !== 'ServiceAccount'), ...pods]) {
      const refusal = await server.refusal(withVolumes(object));
      if (refusal !== '') report.failed(`${set.name}: ${object.kind} ${object.metadata.name}: ${refusal}`);
    }
    counts.objects += objects.length;
    counts.pods += pods.length;
  }
  const line = `kube-apiserver ${server.version}, strict fields, Pod Security restricted: ${counts.objects} objects and ${counts.pods} pods of ${SETS.length} sets taken, 4 planted faults refused`;
  report.executed(`${line} (kinds of KEDA, cert-manager, External Secrets, Prometheus operator and Gateway API by stand-ins)`);
}

/** The judge is judged first: what may not pass must not. */
async function refuses(server, report) {
  const stateful = objectsOf(SETS.find((set) => set.name === 'minimal')).find(({ kind }) => kind === 'StatefulSet');
  const pod = withVolumes(podOf(stateful)[0]);
  const plants = [
    [{ ...pod, spec: { ...pod.spec, hostNetwork: true } }, /violates PodSecurity/],
    [{ ...pod, spec: { ...pod.spec, securityContext: {} } }, /violates PodSecurity/],
    [{ ...pod, spec: { ...pod.spec, colour: 'red' } }, /unknown field "spec.colour"/],
    [{ ...stateful, spec: { ...stateful.spec, serviceName: 7 } }, /serviceName/],
  ];
  for (const [object, complaint] of plants) {
    const said = await server.refusal(object);
    if (!complaint.test(said)) report.failed(`the API server did not refuse what it should (${complaint}): ${said}`);
  }
}

const runtimeClass = { metadata: { name: 'gvisor' }, handler: 'runsc' };
const priorityClass = { metadata: { name: 'attune' }, value: 1000 };

/** The controller of StatefulSets gives a pod its volumes. */
function withVolumes(object) {
  if (object.kind !== 'Pod' || object.metadata.name !== 'attune-attune') return object;
  const volumes = object.spec.volumes ?? [];
  if (volumes.some(({ name }) => name === 'data')) return object;
  const data = { name: 'data', persistentVolumeClaim: { claimName: 'data-attune-attune-0' } };
  return { ...object, spec: { ...object.spec, volumes: [...volumes, data] } };
}

const LISTED = [
  ['', 'v1', ['services', 'secrets', 'configmaps', 'serviceaccounts', 'pods', 'persistentvolumeclaims']],
  ['apps', 'v1', ['deployments', 'statefulsets']],
  ['batch', 'v1', ['jobs', 'cronjobs']],
  ['networking.k8s.io', 'v1', ['networkpolicies', 'ingresses']],
  ['policy', 'v1', ['poddisruptionbudgets']],
  ['autoscaling', 'v2', ['horizontalpodautoscalers']],
  ['keda.sh', 'v1alpha1', ['scaledobjects', 'triggerauthentications']],
  ['cert-manager.io', 'v1', ['certificates']],
  ['monitoring.coreos.com', 'v1', ['servicemonitors', 'prometheusrules']],
  ['gateway.networking.k8s.io', 'v1', ['httproutes']],
];

async function leftIn(server, namespace) {
  const left = [];
  for (const [group, version, plurals] of LISTED)
    for (const plural of plurals) {
      const root = group === '' ? `/api/${version}` : `/apis/${group}/${version}`;
      const { body } = await server.ask('GET', `${root}/namespaces/${namespace}/${plural}`);
      left.push(...body.items.map(({ metadata }) => `${plural}/${metadata.name}`));
    }
  return left.filter((name) => name !== 'serviceaccounts/default');
}

/** Without hooks: there is no controller that would end their jobs. */
function release(server, verb, namespace, ...args) {
  return helm(verb, 'attune', ...args, '--namespace', namespace, '--kubeconfig', server.kubeconfig, '--no-hooks');
}

async function installed(server, report) {
  let made = 0;
  for (const set of SETS) {
    const namespace = `install-${set.name.replace(/[^a-z0-9]/g, '-')}`;
    await server.namespace(namespace);
    release(server, 'install', namespace, CHART, '--values', set.values);
    const before = await leftIn(server, namespace);
    release(server, 'upgrade', namespace, CHART, '--values', set.values, '--set', 'settings.ATTUNE_LOG_LEVEL=debug');
    release(server, 'uninstall', namespace);
    const left = await leftIn(server, namespace);
    if (left.length > 0) report.failed(`${set.name}: uninstall has left ${left.join(', ')}`);
    made += before.filter((name) => !name.startsWith('secrets/sh.helm')).length;
  }
  report.executed(`helm install, upgrade and uninstall of ${SETS.length} sets in restricted namespaces: ${made} objects made, none left`);
}

/** The one thing the chart makes up: it must be the same after an upgrade, and after the release is gone. */
async function pepperKept(server, report) {
  const namespace = 'pepper';
  const path = `/api/v1/namespaces/${namespace}/secrets/attune-pepper`;
  const pepper = async () => (await server.ask('GET', path)).body.data?.pepper;
  const args = [CHART, ...['shape=split', 'database.existingSecret=d', 'storage.url=s3://b/p'].flatMap((value) => ['--set', value])];
  await server.namespace(namespace);
  release(server, 'install', namespace, ...args);
  const made = await pepper();
  release(server, 'upgrade', namespace, ...args, '--set', 'gateway.replicas=3');
  const upgraded = await pepper();
  release(server, 'uninstall', namespace);
  const left = await leftIn(server, namespace);
  release(server, 'install', namespace, ...args);
  const again = await pepper();
  const kept = made !== undefined && made === upgraded && made === again && left.join() === 'secrets/attune-pepper';
  if (kept) report.executed('the generated pepper is the same after an upgrade, and after uninstall and install; nothing else is left');
  else report.failed('the generated pepper was lost on the way');
}
