import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readConfig } from '@attune/platform/config';
import Ajv from 'ajv';
import { parse, parseAllDocuments, visit } from 'yaml';

const ROOT = join(import.meta.dirname, '..');
const CHART = join(ROOT, 'helm/attune');
const read = (path: string) => readFileSync(join(CHART, path), 'utf8');

interface Schema {
  readonly $ref?: string;
  readonly type?: string | readonly string[];
  readonly description?: string;
  readonly additionalProperties?: boolean | Schema;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly definitions?: Readonly<Record<string, Schema>>;
  readonly items?: Schema;
}
type Values = Readonly<Record<string, unknown>>;

const schema = JSON.parse(read('values.schema.json')) as Schema;
const defaults = parse(read('values.yaml')) as Values;
const SETS = ['examples', 'golden/values'].flatMap((folder) => readdirSync(join(CHART, folder)).map((name) => `${folder}/${name}`));

/** What Kubernetes itself describes and checks: passed on as it is. */
const OF_KUBERNETES =
  /^(global|pod\.(affinity|tolerations\[\])|networkPolicy\..*\[\]|definitions\.edge\.to\[\]|httpRoute\.parentRefs\[\])$/;

/** Tells what is wrong with a node of the schema and all below it. */
function schemaFaults(node: Schema, path = ''): string[] {
  const at = path === '' ? 'values' : path;
  const closed = node.additionalProperties !== undefined || OF_KUBERNETES.test(path);
  return [
    ...(node.description ? [] : [`${at} is not described`]),
    ...(node.type === 'object' && !closed ? [`${at} takes what nobody knows`] : []),
    ...Object.entries(node.properties ?? {}).flatMap(([name, child]) => schemaFaults(child, path === '' ? name : `${path}.${name}`)),
    ...Object.entries(node.definitions ?? {}).flatMap(([name, child]) => schemaFaults(child, `definitions.${name}`)),
    ...(node.items ? schemaFaults(node.items, `${path}[]`) : []),
  ];
}

/** Values over others, as Helm merges them: null takes away. */
function merged(under: unknown, over: unknown): unknown {
  if (typeof under !== 'object' || typeof over !== 'object' || under === null || over === null) return over;
  if (Array.isArray(under) || Array.isArray(over)) return over;
  const names = [...new Set([...Object.keys(under), ...Object.keys(over)])];
  const both = names.map((name) => [
    name,
    name in over ? merged((under as Values)[name], (over as Values)[name]) : (under as Values)[name],
  ]);
  return Object.fromEntries(both.filter(([, value]) => value !== null));
}

const check = new Ajv().compile(schema);
const refusals = (values: unknown) => (check(values) ? [] : check.errors!.map(({ dataPath, message }) => `${dataPath} ${message}`));

test('every value is described, and no object takes others', () => {
  expect(schemaFaults({ description: 'x', type: 'object', properties: { a: { type: 'string' } } })).toEqual([
    'values takes what nobody knows',
    'a is not described',
  ]);
  expect(schemaFaults(schema)).toEqual([]);
});

test.each(SETS)('the values of %s are taken', (path) => {
  expect(refusals(merged(defaults, parse(read(path)) ?? {}))).toEqual([]);
});

test.each<[what: string, values: Values, complaint: RegExp]>([
  ['a value that does not exist', { replicaCount: 2 }, /additional properties/],
  ['one that does not exist further down', { gateway: { replicaCount: 2 } }, /\.gateway.*additional properties/],
  ['a setting that does not exist', { settings: { ATTUNE_COLOUR: 'red' } }, /\.settings.*additional properties/],
  ['a setting that the chart sets', { settings: { ATTUNE_HTTP_PORT: '1' } }, /\.settings.*additional properties/],
  ['a number as a setting, which YAML may round', { settings: { ATTUNE_UPLOAD_LIMIT: 17179869184 } }, /should be string/],
  ['a password in an address', { queue: { url: 'redis://user:word@host' } }, /\.queue\.url should match/],
  ['root', { pod: { runAsUser: 0 } }, /\.pod\.runAsUser should be >= 1/],
  ['a digest that is none', { image: { digests: { gateway: 'sha256:1' } } }, /should match/],
  ['a pause that leaves no time to stop', { pod: { drainSeconds: 40 } }, /should be <= 25/],
  ['another shape', { shape: 'ha' }, /\.shape should be equal to one of the allowed values/],
])('%s is refused', (_what, values, complaint) => {
  expect(refusals(merged(defaults, values)).join('\n')).toMatch(complaint);
});

test('every secret is named by an existingSecret, and no default is one', () => {
  for (const name of ['database', 'queue', 'storage', 'pepper', 'apiKey']) expect(defaults[name]).toMatchObject({ existingSecret: '' });
  const texts = JSON.stringify(defaults)
    .match(/"[^"]*"/g)!
    .map((text) => text.slice(1, -1));
  expect(texts.filter((text) => /^[A-Za-z0-9+/_-]{24,}={0,2}$/.test(text) || /:\/\/[^/]*@/.test(text))).toEqual([]);
});

/** Of temporary credentials, which a Secret that stays cannot hold. */
const LEFT_TO_ROLES = ['ATTUNE_S3_SESSION_TOKEN'];

test('every setting is set by the chart or may be given, and never both', () => {
  const config = readFileSync(join(ROOT, 'libs/platform/src/config/config.ts'), 'utf8');
  const settings = [...config.matchAll(/^ {2}(ATTUNE_[A-Z0-9_]+):/gm)].map(([, name]) => name!);
  const templates = readdirSync(join(CHART, 'templates')).filter((name) => /\.(tpl|yaml)$/.test(name));
  const text = templates.map((name) => read(`templates/${name}`)).join('');
  const peers = ['VALIDATOR', 'HARMONIZER', 'GENERATOR'].map((worker) => `ATTUNE_${worker}_GRPC`);
  const set = [...text.matchAll(/- name: (ATTUNE_[A-Z0-9_]+)$/gm)].map(([, name]) => name!.replace(/_FILE$/, ''));
  const given = Object.keys(schema.properties!['settings']!.properties!);
  const known = [...new Set([...set, ...peers, ...LEFT_TO_ROLES])];
  expect(known.filter((name) => given.includes(name))).toEqual([]);
  expect([...known, ...given].sort()).toEqual(settings.sort());
});

/** What a file of a secret may hold; the real ones are mounted. */
const HELD: Readonly<Record<string, string>> = {
  ATTUNE_DATABASE_URL: 'postgres://attune:word@database:5432/attune',
  ATTUNE_QUEUE_URL: 'rediss://queue:6379',
  ATTUNE_KEY_PEPPER: 'x'.repeat(43),
};
const held = (name: string) => HELD[name] ?? (name.includes('_TLS_') ? '-----BEGIN CERTIFICATE-----' : 'held');

/** The environments that a golden gives to processes of Attune. */
function environmentsOf(golden: string): Record<string, string>[] {
  const found: Record<string, string>[] = [];
  for (const document of parseAllDocuments(golden))
    visit(document, {
      Pair(_, pair) {
        if ((pair.key as { value?: unknown }).value !== 'env') return;
        const env = (pair.value as { toJS(of: unknown): { name: string; value: string }[] }).toJS(document);
        found.push(
          Object.fromEntries(
            env.map(({ name, value }) => (name.endsWith('_FILE') ? [name.slice(0, -5), held(name.slice(0, -5))] : [name, value])),
          ),
        );
      },
    });
  return found;
}

test('Attune takes every environment that the chart gives', () => {
  const goldens = readdirSync(join(CHART, 'golden')).filter((name) => name.endsWith('.yaml'));
  const all = goldens.flatMap((name) => environmentsOf(read(`golden/${name}`)));
  expect(all.length).toBeGreaterThan(goldens.length * 3);
  for (const environment of all) expect(readConfig(environment).dataDir).toBe('/var/lib/attune');
  expect(() => readConfig({ ...all[0], ATTUNE_GATEWAY_PORT: 'tcp://10.0.0.1:8080' })).toThrow(/ATTUNE_GATEWAY_PORT/);
});

test('every alert of the chart has a runbook that exists', () => {
  const { groups } = parse(read('files/rules/alerts.yml')) as {
    groups: { rules: { alert?: string; annotations?: { runbook_url?: string } }[] }[];
  };
  const alerts = groups.flatMap(({ rules }) => rules).filter(({ alert }) => alert !== undefined);
  const headings = (page: string) =>
    [...readFileSync(join(ROOT, page), 'utf8').matchAll(/^#+ (.+)$/gm)].map(([, heading]) =>
      heading!
        .toLowerCase()
        .replace(/[^\p{L}\p{N} _-]/gu, '')
        .replaceAll(' ', '-'),
    );
  expect(alerts.length).toBeGreaterThan(0);
  const lost = alerts.filter(({ annotations }) => {
    const [, page, anchor] = /(docs\/[\w./-]+\.md)#([\w-]+)/.exec(annotations?.runbook_url ?? '') ?? [];
    return page === undefined || !headings(page).includes(anchor!);
  });
  expect(lost.map(({ alert }) => alert)).toEqual([]);
});

test('the README of the chart says what its schema and values say', () => {
  const { status, stderr } = spawnSync(process.execPath, [join(import.meta.dirname, 'generate-chart.mjs'), '--check'], {
    encoding: 'utf8',
  });
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
});
