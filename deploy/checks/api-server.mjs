import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { request } from 'node:https';
import { setTimeout as pause } from 'node:timers/promises';
import { freePort } from '../../e2e/faults/deployment.mjs';
import { missing, Programs } from './programs.mjs';

const PATIENCE_MS = 180_000;

/** Plural names of what the chart makes, as the paths of the API have them. */
const PLURALS = {
  NetworkPolicy: 'networkpolicies',
  Ingress: 'ingresses',
  CronJob: 'cronjobs',
};
const pluralOf = (kind) => PLURALS[kind] ?? `${kind.toLowerCase()}s`;

/** Kinds of others that the chart uses where they are asked for. Stand-ins: they take everything. */
const FOREIGN = [
  ['keda.sh', 'v1alpha1', 'ScaledObject'],
  ['keda.sh', 'v1alpha1', 'TriggerAuthentication'],
  ['cert-manager.io', 'v1', 'Certificate'],
  ['external-secrets.io', 'v1', 'ExternalSecret'],
  ['monitoring.coreos.com', 'v1', 'ServiceMonitor'],
  ['monitoring.coreos.com', 'v1', 'PrometheusRule'],
  ['gateway.networking.k8s.io', 'v1', 'HTTPRoute'],
];

/** Why there can be no API server here, or undefined. */
export const missingForApiServer = () => missing('etcd', 'kube-apiserver');

/** A real kube-apiserver on an etcd of its own, on loopback; no controllers, no nodes. */
export class ApiServer {
  #programs = new Programs('api-server');
  #token = randomBytes(16).toString('hex');
  #port;
  version;

  get kubeconfig() {
    return this.#programs.file('kubeconfig');
  }

  async start() {
    const [client, peer, secure] = [await freePort(), await freePort(), await freePort()];
    this.#port = secure;
    const file = (name) => this.#programs.file(name);
    const { privateKey } = generateKeyPairSync('rsa', {
      modulusLength: 2048,
      privateKeyEncoding: { type: 'pkcs1', format: 'pem' },
      publicKeyEncoding: { type: 'spki', format: 'pem' },
    });
    writeFileSync(file('accounts.key'), privateKey, { mode: 0o600 });
    writeFileSync(file('tokens.csv'), `${this.#token},checker,checker,system:masters\n`, { mode: 0o600 });
    this.#programs.start('etcd', [
      `--data-dir=${file('etcd')}`,
      `--listen-client-urls=http://127.0.0.1:${client}`,
      `--advertise-client-urls=http://127.0.0.1:${client}`,
      `--listen-peer-urls=http://127.0.0.1:${peer}`,
    ]);
    this.#programs.start('kube-apiserver', [
      `--etcd-servers=http://127.0.0.1:${client}`,
      '--bind-address=127.0.0.1',
      `--secure-port=${secure}`,
      `--cert-dir=${file('certificates')}`,
      `--token-auth-file=${file('tokens.csv')}`,
      '--authorization-mode=RBAC',
      '--service-account-issuer=https://127.0.0.1',
      `--service-account-key-file=${file('accounts.key')}`,
      `--service-account-signing-key-file=${file('accounts.key')}`,
      '--service-cluster-ip-range=10.0.0.0/24',
      '--advertise-address=127.0.0.1',
      '--endpoint-reconciler-type=none',
    ]);
    writeFileSync(
      this.kubeconfig,
      JSON.stringify({
        apiVersion: 'v1',
        kind: 'Config',
        clusters: [{ name: 'it', cluster: { server: `https://127.0.0.1:${secure}`, 'insecure-skip-tls-verify': true } }],
        users: [{ name: 'it', user: { token: this.#token } }],
        contexts: [{ name: 'it', context: { cluster: 'it', user: 'it' } }],
        'current-context': 'it',
      }),
      { mode: 0o600 },
    );
    await this.#ready();
    this.version = (await this.ask('GET', '/version')).body.gitVersion;
    for (const [group, version, kind] of FOREIGN) await this.#define(group, version, kind);
  }

  async #ready() {
    for (const end = performance.now() + PATIENCE_MS; performance.now() < end; await pause(500)) {
      const { status } = await this.ask('GET', '/readyz').catch(() => ({}));
      if (status === 200) return;
      if (this.#programs.anyEnded) break;
    }
    throw new Error(`kube-apiserver did not become ready:\n${this.#programs.lastOf('kube-apiserver')}`);
  }

  async #define(group, version, kind) {
    const plural = pluralOf(kind);
    const open = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true };
    const { status } = await this.ask('POST', '/apis/apiextensions.k8s.io/v1/customresourcedefinitions', {
      apiVersion: 'apiextensions.k8s.io/v1',
      kind: 'CustomResourceDefinition',
      // Groups of k8s.io are kept for those who were approved, or say that they were not.
      metadata: { name: `${plural}.${group}`, annotations: { 'api-approved.kubernetes.io': 'unapproved, a stand-in' } },
      spec: {
        group,
        scope: 'Namespaced',
        names: { plural, kind, singular: kind.toLowerCase() },
        versions: [{ name: version, served: true, storage: true, schema: { openAPIV3Schema: open } }],
      },
    });
    if (status !== 201) throw new Error(`the stand-in of ${kind} was refused`);
    for (const end = performance.now() + PATIENCE_MS; performance.now() < end; await pause(250))
      if ((await this.ask('GET', `/apis/${group}/${version}/namespaces/default/${plural}`)).status === 200) return;
  }

  /** A namespace in which only restricted pods may be, with the account that a controller would have made. */
  async namespace(name) {
    const enforce = Object.fromEntries(['enforce', 'warn', 'audit'].map((mode) => [`pod-security.kubernetes.io/${mode}`, 'restricted']));
    await this.ask('POST', '/api/v1/namespaces', { apiVersion: 'v1', kind: 'Namespace', metadata: { name, labels: enforce } });
    await this.ask('POST', `/api/v1/namespaces/${name}/serviceaccounts`, {
      apiVersion: 'v1',
      kind: 'ServiceAccount',
      metadata: { name: 'default' },
    });
  }

  /** What the server says against an object, fields it does not know included; empty where it would take it. Nothing is stored. */
  async refusal(manifest) {
    const { apiVersion, kind, metadata } = manifest;
    const root = apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
    const path = `${root}/namespaces/${metadata.namespace}/${pluralOf(kind)}?dryRun=All&fieldValidation=Strict`;
    const { status, body, warnings } = await this.ask('POST', path, manifest);
    return [status === 201 ? '' : `${status} ${body.message}`, ...warnings].filter(Boolean).join('; ');
  }

  ask(method, path, content) {
    return new Promise((resolve, reject) => {
      const headers = { authorization: `Bearer ${this.#token}`, 'content-type': 'application/json' };
      const options = { host: '127.0.0.1', port: this.#port, path, method, headers, rejectUnauthorized: false };
      const call = request(options, (response) => {
        let text = '';
        response.setEncoding('utf8').on('data', (part) => (text += part));
        response.on('end', () => {
          const body = response.headers['content-type']?.includes('json') ? JSON.parse(text) : text;
          const warnings = [response.headers.warning ?? []].flat();
          resolve({ status: response.statusCode, body, warnings });
        });
      });
      call.on('error', reject);
      call.end(content === undefined ? undefined : JSON.stringify(content));
    });
  }

  async stop() {
    await this.#programs.endAll();
    this.#programs.remove();
  }
}
