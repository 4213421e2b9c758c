import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseAllDocuments } from 'yaml';

const ROOT = join(import.meta.dirname, '..');
const CHART = join(ROOT, 'helm/attune');
const read = (path: string) => readFileSync(join(CHART, path), 'utf8');

type Labels = Record<string, string>;
interface Probe {
  httpGet?: { path: string };
}
interface Container {
  name: string;
  image: string;
  env?: { name: string; value?: string }[];
  securityContext?: { allowPrivilegeEscalation?: boolean; readOnlyRootFilesystem?: boolean; capabilities?: { drop?: string[] } };
  resources?: Record<'requests' | 'limits', { cpu?: string; memory?: string } | undefined>;
  volumeMounts?: { name: string; mountPath: string }[];
  startupProbe?: Probe;
  readinessProbe?: Probe;
  livenessProbe?: Probe;
  lifecycle?: { preStop: { exec: { command: string[] } } };
}
interface PodSpec {
  automountServiceAccountToken?: boolean;
  enableServiceLinks?: boolean;
  hostNetwork?: boolean;
  terminationGracePeriodSeconds?: number;
  securityContext?: { runAsNonRoot?: boolean; runAsUser?: number; seccompProfile?: { type: string } };
  topologySpreadConstraints?: { topologyKey: string }[];
  containers: Container[];
  volumes?: ({ name: string; emptyDir?: { sizeLimit?: string } } & Record<string, unknown>)[];
}
interface Template {
  metadata: { labels: Labels };
  spec: PodSpec;
}
interface Selector {
  matchLabels?: Labels;
  matchExpressions?: { key: string; values: string[] }[];
}
interface Peer {
  ipBlock?: { cidr: string };
}
interface Spec extends Partial<PodSpec> {
  template?: Template;
  jobTemplate?: { spec: { template: Template } };
  replicas?: number;
  /** Of a Service plain labels, of everything else a selector. */
  selector?: Labels & Selector;
  podSelector?: Selector;
  policyTypes?: string[];
  egress?: { to?: Peer[] }[];
  ingress?: { ports: { port: number }[] }[];
  ports?: { port: number }[];
  scaleTargetRef?: { name: string };
  fallback?: { replicas: number };
  triggers?: { metricType: string; metadata: { query: string } }[];
  rules?: { http?: { paths: { path: string }[] }; matches?: { path: { value: string } }[] }[];
}
interface Manifest {
  kind: string;
  metadata: { name: string; labels: Labels; annotations?: Labels };
  spec?: Spec;
}
/** Objects of one set of values. */
type Objects = readonly Manifest[];
/** Tells what is wrong, one sentence per fault. */
type Rule = (objects: Objects) => string[];

const kindOf = (objects: Objects, kind: string) => objects.filter((object) => object.kind === kind);
const COMPONENT = 'app.kubernetes.io/component';

function podsOf(objects: Objects): { name: string; labels: Labels; spec: PodSpec }[] {
  return objects.flatMap(({ kind, metadata, spec }) => {
    const template = spec?.template ?? spec?.jobTemplate?.spec.template;
    if (template) return [{ name: metadata.name, labels: template.metadata.labels, spec: template.spec }];
    return kind === 'Pod' ? [{ name: metadata.name, labels: metadata.labels, spec: spec as PodSpec }] : [];
  });
}

const inEveryPod =
  (faults: (spec: PodSpec) => (string | false | undefined)[]): Rule =>
  (objects) =>
    podsOf(objects).flatMap(({ name, spec }) =>
      faults(spec).flatMap((fault) => (fault === false || fault === undefined ? [] : [`${name}: ${fault}`])),
    );
const inEveryContainer = (faults: (container: Container, pod: PodSpec) => (string | false | undefined)[]): Rule =>
  inEveryPod((pod) => pod.containers.flatMap((container) => faults(container, pod)));

const VOLUMES = ['emptyDir', 'projected', 'secret', 'configMap', 'persistentVolumeClaim'];

const restricted: Rule = (objects) => [
  ...inEveryPod(({ securityContext: security, hostNetwork, volumes = [] }) => [
    security?.runAsNonRoot !== true && 'may run as root',
    security?.runAsUser !== undefined && security.runAsUser !== 65532 && 'runs as somebody else',
    security?.seccompProfile?.type !== 'RuntimeDefault' && 'has no seccomp profile',
    hostNetwork && 'is on the network of the node',
    ...volumes.map((volume) => !VOLUMES.some((kind) => kind in volume) && `mounts what is not allowed at ${volume.name}`),
  ])(objects),
  ...inEveryContainer(({ securityContext: security }) => [
    security?.allowPrivilegeEscalation !== false && 'may get more rights',
    security?.readOnlyRootFilesystem !== true && 'may write its image',
    !security?.capabilities?.drop?.includes('ALL') && 'keeps capabilities',
  ])(objects),
];

const noToken: Rule = (objects) => [
  ...inEveryPod((pod) => [pod.automountServiceAccountToken !== false && 'holds a token of its account'])(objects),
  ...objects.flatMap(({ kind }) => (/Role/.test(kind) ? [`there is a ${kind}`] : [])),
];

const noServiceLinks = inEveryPod((pod) => [pod.enableServiceLinks !== false && 'is given settings that Attune refuses']);

const bounded: Rule = (objects) => [
  ...inEveryContainer(({ resources }) =>
    (['requests', 'limits'] as const).map((which) => !(resources?.[which]?.cpu && resources[which].memory) && `has no ${which}`),
  )(objects),
  ...inEveryPod(({ volumes = [] }) =>
    volumes.map(({ name, emptyDir }) => emptyDir !== undefined && emptyDir.sizeLimit === undefined && `${name} has no end`),
  )(objects),
];

const pinned = inEveryContainer(({ image }) => [
  !/:\d[\w.-]*(@sha256:[0-9a-f]{64})?$/.test(image) && `${image} may be another one tomorrow`,
]);

function selects(selector: Selector | undefined, labels: Labels): boolean {
  const { matchLabels = {}, matchExpressions = [] } = selector ?? {};
  return (
    Object.entries(matchLabels).every(([name, value]) => labels[name] === value) &&
    matchExpressions.every(({ key, values }) => values.includes(labels[key] ?? ''))
  );
}

const policiesOf = (objects: Objects, type: string, labels: Labels) =>
  kindOf(objects, 'NetworkPolicy').filter(({ spec }) => spec!.policyTypes!.includes(type) && selects(spec!.podSelector, labels));

/** Port by port: a Service whose door the policies keep shut answers nobody. */
const everyServiceHasAPolicy: Rule = (objects) =>
  kindOf(objects, 'Service').flatMap(({ metadata, spec }) => {
    const doors = policiesOf(objects, 'Ingress', spec!.selector!).flatMap(({ spec: policy }) => policy!.ingress ?? []);
    const open = doors.flatMap(({ ports }) => ports.map(({ port }) => port));
    return spec!.ports!.flatMap(({ port }) => (open.includes(port) ? [] : [`nobody is let through to ${metadata.name} at ${port}`]));
  });

const everyPodIsClosed: Rule = (objects) =>
  podsOf(objects).flatMap(({ name, labels }) =>
    ['Ingress', 'Egress'].flatMap((type) =>
      policiesOf(objects, type, labels).some(({ spec }) => spec!.ingress === undefined && spec!.egress === undefined)
        ? []
        : [`${name} is open to ${type}`],
    ),
  );

/** A network so wide that it holds the internet, or no peer at all, which is everybody. */
const isInternet = ({ ipBlock }: Peer) =>
  ipBlock !== undefined && Number(ipBlock.cidr.split('/')[1]) < (ipBlock.cidr.includes(':') ? 7 : 8);

const workersStayInside: Rule = (objects) =>
  podsOf(objects)
    .filter(({ labels }) => !['gateway', 'attune'].includes(labels[COMPONENT]!))
    .flatMap(({ name, labels }) =>
      policiesOf(objects, 'Egress', labels).flatMap(({ metadata, spec }) =>
        (spec!.egress ?? []).some(({ to = [] }) => to.length === 0 || to.some(isInternet)) ? [`${name} gets out by ${metadata.name}`] : [],
      ),
    );

const STOPPING_SECONDS = 30;

const deploymentsAreComplete: Rule = (objects) =>
  kindOf(objects, 'Deployment').flatMap(({ metadata: { name }, spec }) => {
    const { labels } = spec!.template!.metadata;
    const pod = spec!.template!.spec;
    const budgets = kindOf(objects, 'PodDisruptionBudget').filter((budget) => selects(budget.spec!.selector, labels));
    const spread = (pod.topologySpreadConstraints ?? []).map(({ topologyKey }) => topologyKey);
    return [
      ...(budgets.length === 1 ? [] : [`${name} has ${budgets.length} disruption budgets`]),
      ...(spread.length === 2 ? [] : [`${name} is not spread`]),
    ];
  });

const probed: Rule = (objects) =>
  [...kindOf(objects, 'Deployment'), ...kindOf(objects, 'StatefulSet')].flatMap(({ metadata: { name }, spec }) => {
    const pod = spec!.template!.spec;
    return pod.containers.flatMap(({ startupProbe, readinessProbe, livenessProbe, lifecycle }) => {
      const script = lifecycle?.preStop.exec.command.at(-1) ?? '';
      const pause = Number(/(\d+)000\)\)$/.exec(script)?.[1] ?? 0);
      return [
        ...(startupProbe?.httpGet?.path === '/health/live' ? [] : [`${name} has no startup probe`]),
        ...(readinessProbe?.httpGet?.path === '/health/ready' ? [] : [`${name} has no readiness probe`]),
        ...(livenessProbe?.httpGet?.path === '/health/live' ? [] : [`${name} may be killed for what it depends on`]),
        ...(script.includes("'http://127.0.0.1:8080/internal/drain', { method: 'POST' }") ? [] : [`${name} does not drain`]),
        ...((pod.terminationGracePeriodSeconds ?? 30) > pause + STOPPING_SECONDS ? [] : [`${name} is killed while it stops`]),
      ];
    });
  });

const oneScaler: Rule = (objects) => {
  const targets = [...kindOf(objects, 'HorizontalPodAutoscaler'), ...kindOf(objects, 'ScaledObject')].map(
    ({ spec }) => spec!.scaleTargetRef!.name,
  );
  return kindOf(objects, 'Deployment').flatMap(({ metadata: { name }, spec }) => {
    const scalers = targets.filter((target) => target === name).length;
    if (scalers > 1) return [`${name} is scaled by two`];
    return scalers + (spec!.replicas === undefined ? 0 : 1) === 1
      ? []
      : [`the number of ${name} is set by ${scalers === 0 ? 'nobody' : 'two'}`];
  });
};

const scaledByTruth: Rule = (objects) =>
  kindOf(objects, 'ScaledObject').flatMap(({ metadata: { name }, spec }) => [
    ...(spec!.fallback ? [] : [`${name} has no fallback`]),
    ...spec!.triggers!.flatMap(({ metricType, metadata }) => [
      ...(metricType === 'AverageValue' ? [] : [`the fallback of ${name} does not work`]),
      ...(['validator', 'harmonizer', 'generator'].some((worker) => name.endsWith(worker) && metadata.query === backlogOf(worker))
        ? []
        : [`${name} asks something that no test has asked`]),
    ]),
  ]);
const backlogOf = (worker: string) => read('files/backlog.sql').trim().replace('%s', worker);

const SETTINGS = new Set(
  [...readFileSync(join(ROOT, 'libs/platform/src/config/config.ts'), 'utf8').matchAll(/^ {2}(ATTUNE_[A-Z0-9_]+):/gm)].map(
    ([, name]) => name!,
  ),
);
const settingsExist = inEveryContainer(({ env = [] }) =>
  env.map(({ name }) => !SETTINGS.has(name) && !SETTINGS.has(name.replace(/_FILE$/, '')) && `there is no setting ${name}`),
);

const SECRET = /(PASSWORD|PEPPER|API_KEY|SECRET|DATABASE_URL|_KEY_ID)$/;
const secretsAreFiles: Rule = (objects) => [
  ...inEveryContainer(({ env = [] }) =>
    env.map(({ name, value = '' }) => (SECRET.test(name) || /:\/\/[^/@]*:[^/@]*@/.test(value)) && `${name} is in the environment`),
  )(objects),
  ...inEveryContainer(({ env = [], volumeMounts = [] }) =>
    env
      .filter(({ name }) => name.endsWith('_FILE'))
      .map(
        ({ name, value }) => !volumeMounts.some(({ mountPath }) => value?.startsWith(`${mountPath}/`)) && `nothing is mounted for ${name}`,
      ),
  )(objects),
];

const PRIVATE = ['/internal', '/metrics', '/health'];
const privateStaysPrivate: Rule = (objects) =>
  objects
    .flatMap(({ spec }) => (Array.isArray(spec?.rules) ? spec.rules : []))
    .flatMap(({ http, matches }) => [...(http?.paths ?? []).map(({ path }) => path), ...(matches ?? []).map(({ path }) => path.value)])
    .flatMap((path) => (PRIVATE.some((hidden) => `${hidden}/`.startsWith(`${path.replace(/\/$/, '')}/`)) ? [`${path} is routed`] : []));

const NAMES = readdirSync(join(CHART, 'golden')).filter((name) => name.endsWith('.yaml'));
const goldens = new Map(
  NAMES.map((name) => [name, parseAllDocuments(read(`golden/${name}`)).flatMap((one) => (one.toJS() as Manifest | null) ?? [])]),
);

/** A golden with one thing changed: what no reviewer may let through. */
function planted(name: string, fault: (objects: Manifest[]) => void): Objects {
  const objects = structuredClone(goldens.get(`${name}.yaml`)!);
  fault(objects);
  return objects;
}
const named = (objects: Objects, kind: string, name: string) =>
  kindOf(objects, kind).find(({ metadata }) => metadata.name === `attune-${name}`)!;
const inPod = (fault: (pod: PodSpec, container: Container) => void, kind = 'Deployment', name = 'harmonizer', golden = 'ha') =>
  planted(golden, (objects) => {
    const { spec } = named(objects, kind, name).spec!.template ?? named(objects, kind, name).spec!.jobTemplate!.spec.template;
    fault(spec, spec.containers[0]!);
  });
const without = (kind: string, name: string) =>
  planted('ha', (objects) => void objects.splice(objects.indexOf(named(objects, kind, name)), 1));
const inSpec = (kind: string, name: string, fault: (spec: Spec) => void, golden = 'ha') =>
  planted(golden, (objects) => fault(named(objects, kind, name).spec!));

/** Each rule with goldens that break it in one place, and the sentence that says so. */
const RULES: readonly (readonly [guarantee: string, rule: Rule, ...plants: (readonly [broken: Objects, complaint: RegExp])[]])[] = [
  [
    'every pod is restricted',
    restricted,
    [inPod((pod) => (pod.securityContext!.runAsNonRoot = false)), /may run as root/],
    [inPod((pod) => (pod.securityContext!.runAsUser = 0)), /somebody else/],
    [inPod((pod) => delete pod.securityContext!.seccompProfile), /seccomp/],
    [inPod((pod) => (pod.hostNetwork = true)), /network of the node/],
    [inPod((pod) => pod.volumes!.push({ name: 'host', hostPath: { path: '/' } })), /not allowed at host/],
    [inPod((_, container) => (container.securityContext!.allowPrivilegeEscalation = true)), /more rights/],
    [inPod((_, container) => (container.securityContext!.readOnlyRootFilesystem = false), 'Job', 'migrations'), /write its image/],
    [inPod((_, container) => (container.securityContext!.capabilities!.drop = ['NET_RAW']), 'CronJob', 'gc'), /keeps capabilities/],
  ],
  [
    'no pod holds a token, and nothing has a role',
    noToken,
    [inPod((pod) => delete pod.automountServiceAccountToken), /holds a token/],
    [planted('ha', (objects) => void objects.push({ kind: 'RoleBinding', metadata: { name: 'x', labels: {} } })), /a RoleBinding/],
  ],
  ['no pod is given variables of Services', noServiceLinks, [inPod((pod) => delete pod.enableServiceLinks), /refuses/]],
  [
    'every container asks for what it takes, and every scratch has an end',
    bounded,
    [inPod((_, container) => delete container.resources!.limits!.memory), /has no limits/],
    [inPod((_, container) => (container.resources!.requests = undefined), 'CronJob', 'verify'), /has no requests/],
    [inPod((pod) => delete pod.volumes![0]!.emptyDir!.sizeLimit), /data has no end/],
  ],
  [
    'every image is a version or a digest',
    pinned,
    [inPod((_, container) => (container.image = 'ghcr.io/attune/attune-gateway:latest')), /another one tomorrow/],
    [inPod((_, container) => (container.image = 'ghcr.io/attune/attune-gateway')), /another one tomorrow/],
  ],
  [
    'every Service has a policy that lets somebody through',
    everyServiceHasAPolicy,
    [without('NetworkPolicy', 'clients'), /attune-gateway/],
  ],
  ['every pod is closed but for its edges', everyPodIsClosed, [without('NetworkPolicy', 'deny'), /open to Ingress/]],
  [
    'workers and tasks never reach the internet',
    workersStayInside,
    [
      inSpec('NetworkPolicy', 'storage', ({ egress }) => (egress![0]!.to = [{ ipBlock: { cidr: '0.0.0.0/0' } }])),
      /gets out by attune-storage/,
    ],
    [inSpec('NetworkPolicy', 'database', ({ egress }) => delete egress![0]!.to), /gets out by attune-database/],
    [inSpec('NetworkPolicy', 'webhooks', ({ podSelector }) => delete podSelector!.matchExpressions), /gets out by attune-webhooks/],
  ],
  [
    'every Deployment has a disruption budget and is spread',
    deploymentsAreComplete,
    [without('PodDisruptionBudget', 'validator'), /attune-validator has 0/],
    [inPod((pod) => pod.topologySpreadConstraints!.pop()), /not spread/],
  ],
  [
    'three probes, none of which kills for a dependency, and time to stop',
    probed,
    [inPod((_, container) => (container.livenessProbe!.httpGet!.path = '/health/ready')), /killed for what it depends on/],
    [inPod((_, container) => delete container.readinessProbe), /no readiness probe/],
    [inPod((_, container) => delete container.startupProbe, 'StatefulSet', 'attune', 'minimal'), /no startup probe/],
    [inPod((pod) => (pod.terminationGracePeriodSeconds = 30)), /killed while it stops/],
  ],
  [
    'one thing sets the number of pods',
    oneScaler,
    [
      planted('ha', (objects) => {
        const other = structuredClone(named(objects, 'HorizontalPodAutoscaler', 'gateway'));
        other.spec!.scaleTargetRef!.name = 'attune-harmonizer';
        objects.push(other);
      }),
      /attune-harmonizer is scaled by two/,
    ],
    [inSpec('Deployment', 'harmonizer', (spec) => (spec.replicas = 2)), /set by two/],
    [without('HorizontalPodAutoscaler', 'gateway'), /set by nobody/],
  ],
  [
    'workers are scaled by the query that is tested, and by a fallback',
    scaledByTruth,
    [inSpec('ScaledObject', 'generator', ({ triggers }) => (triggers![0]!.metadata.query = 'SELECT llen()')), /no test has asked/],
    [inSpec('ScaledObject', 'generator', ({ triggers }) => (triggers![0]!.metadata.query = backlogOf('validator'))), /no test has asked/],
    [inSpec('ScaledObject', 'generator', ({ triggers }) => (triggers![0]!.metricType = 'Value')), /does not work/],
    [inSpec('ScaledObject', 'generator', (spec) => delete spec.fallback), /no fallback/],
  ],
  ['every setting exists', settingsExist, [inPod((_, { env }) => env!.push({ name: 'ATTUNE_COLOUR', value: 'x' })), /ATTUNE_COLOUR/]],
  [
    'secrets are files that are mounted',
    secretsAreFiles,
    [inPod((_, { env }) => env!.push({ name: 'ATTUNE_KEY_PEPPER', value: 'x' })), /ATTUNE_KEY_PEPPER is in the environment/],
    [inPod((_, { env }) => env!.push({ name: 'ATTUNE_QUEUE_URL', value: 'redis://u:p@h' })), /ATTUNE_QUEUE_URL is in the environment/],
    [inPod((_, { volumeMounts }) => volumeMounts!.splice(2, 1), 'Deployment', 'gateway', 'hpa'), /nothing is mounted/],
  ],
  [
    'what is private is not routed',
    privateStaysPrivate,
    [inSpec('Ingress', 'gateway', ({ rules }) => (rules![0]!.http!.paths[0]!.path = '/internal'), 'hpa'), /\/internal is routed/],
    [inSpec('Ingress', 'gateway', ({ rules }) => (rules![0]!.http!.paths[0]!.path = '/'), 'embedded'), /\/ is routed/],
    [inSpec('HTTPRoute', 'gateway', ({ rules }) => (rules![0]!.matches![0]!.path.value = '/metrics'), 'external-everything'), /\/metrics/],
  ],
];

test('at least a dozen sets of values are judged, both shapes among them', () => {
  expect(NAMES.length).toBeGreaterThanOrEqual(12);
  expect(NAMES).toEqual(expect.arrayContaining(['minimal.yaml', 'ha.yaml', 'air-gapped.yaml', 'openshift.yaml']));
  expect(NAMES.filter((name) => !existsSync(join(CHART, 'examples', name)) && !existsSync(join(CHART, 'golden/values', name)))).toEqual([]);
});

test.each(RULES.map(([guarantee, rule, ...plants]) => ({ guarantee, rule, plants })))('$guarantee', ({ rule, plants }) => {
  for (const [broken, complaint] of plants) expect(rule(broken).join('\n')).toMatch(complaint); // the rule bites
  for (const [name, objects] of goldens) expect([name, rule(objects)]).toEqual([name, []]);
});

test('where digests are asked for, every image has one', () => {
  const images = podsOf(goldens.get('air-gapped.yaml')!).flatMap(({ spec }) => spec.containers.map(({ image }) => image));
  expect(images.length).toBeGreaterThan(4);
  expect(images.filter((image) => !image.includes('@sha256:'))).toEqual([]);
});
