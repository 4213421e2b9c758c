import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { collectDefaultMetrics, Registry } from 'prom-client';
import { parse } from 'yaml';
import { dashboardJson, type Dashboard } from './dashboards/builder.js';
import { dashboards } from './dashboards/index.js';
import { readsOf } from './dashboards/promql.js';

const ROOT = join(import.meta.dirname, '..');
const read = (path: string) => readFileSync(join(ROOT, path), 'utf8');

interface AlertRule {
  readonly alert: string;
  readonly expr: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
}
interface Recording {
  readonly record: string;
  readonly expr: string;
}
interface RuleTests {
  readonly tests: readonly { readonly name: string; readonly promql_expr_test: readonly { readonly expr: string }[] }[];
}

const rules = ['recordings', 'alerts'].flatMap((name) => {
  const { groups } = parse(read(`deploy/prometheus/rules/${name}.yml`)) as { groups: { rules: (AlertRule | Recording)[] }[] };
  return groups.flatMap((group) => group.rules);
});
const alerts = rules.filter((rule) => 'alert' in rule);
const recordings = rules.filter((rule) => 'record' in rule);
const headings = [...read('docs/runbook.md').matchAll(/^## (.+)$/gm)].map(([, heading]) => heading!);
const tests = readdirSync(join(ROOT, 'deploy/prometheus/tests')).flatMap(
  (name) => (parse(read(`deploy/prometheus/tests/${name}`)) as RuleTests).tests,
);

/** Labels of every metric that can be asked for: our own by their reference page, those of Node, of Prometheus and of the recordings. */
const labelsOf = new Map<string, readonly string[]>([
  ...[...read('docs/reference/metrics.md').matchAll(/^\| `(\w+)` \| (\w+) \| ([^|]*) \|/gm)].flatMap(([, name, type, labels]) =>
    seriesOf(name!, type!, labels!.match(/\w+/g) ?? []),
  ),
  ...nodeMetrics(),
  ...recordings.map(({ record }) => [record, ['slo', 'service']] as const),
  ['up', []],
  ['ALERTS', ['alertname', 'alertstate', 'severity']],
]);
const OF_THE_SCRAPE = ['job', 'instance'];

function seriesOf(name: string, type: string, labels: readonly string[]): (readonly [string, readonly string[]])[] {
  if (type !== 'histogram') return [[name, labels]];
  return [
    [`${name}_bucket`, [...labels, 'le']],
    [`${name}_sum`, labels],
    [`${name}_count`, labels],
  ];
}

function nodeMetrics(): (readonly [string, readonly string[]])[] {
  const register = new Registry();
  collectDefaultMetrics({ register });
  const all = register.getMetricsAsArray() as unknown as { name: string; type: string; labelNames: string[] }[];
  return all.flatMap(({ name, type, labelNames }) => seriesOf(name, type, labelNames));
}

/** The end of a label_replace, which makes the label that it names first. */
const LABEL_REPLACE = /, "(\w+)", "[^"]*", "\w*", "[^"]*"\)/g;

/** Names of a query that nothing exports. */
function unknownIn(query: string): string[] {
  const { metrics, grouping } = readsOf(query);
  const allowed = new Set([...OF_THE_SCRAPE, ...metrics.flatMap(({ metric }) => labelsOf.get(metric) ?? [])]);
  for (const [, made] of query.matchAll(LABEL_REPLACE)) allowed.add(made!);
  return [
    ...metrics.flatMap(({ metric, labels }) => {
      const known = labelsOf.get(metric);
      return known === undefined
        ? [metric]
        : labels.filter((label) => ![...known, ...OF_THE_SCRAPE].includes(label)).map((label) => `${metric}{${label}}`);
    }),
    ...grouping.filter((label) => !allowed.has(label)),
  ];
}

test('a metric and a label that nothing exports are recognized', () => {
  expect(unknownIn('sum by (stage) (rate(job_attempts_total{job="attune", outcome="none_total"}[$__rate_interval])) > 10e6')).toEqual([]);
  expect(unknownIn('jobs_eaten_total{job="attune"} and up == 0')).toEqual(['jobs_eaten_total']);
  expect(unknownIn('lost_jobs{tenant="x"}')).toEqual(['lost_jobs{tenant}']);
  expect(unknownIn('max by (colour) (lost_jobs)')).toEqual(['colour']);
});

test('every rule asks for metrics and labels that Attune exports', () => {
  expect(rules.length).toBeGreaterThan(50);
  expect(rules.flatMap(({ expr }) => unknownIn(expr))).toEqual([]);
});

test('every query asks for the scrape that is called attune, because other programs have metrics of the same names', () => {
  const queries = [
    ...rules.map(({ expr }) => expr),
    ...dashboards.flatMap(({ panels }) => panels.flatMap((panel) => panel.queries.map(([query]) => query))),
  ];
  const ofAnybody = (query: string) =>
    readsOf(query).metrics.filter(({ metric, labels }) => !/:|^ALERTS$/.test(metric) && !labels.includes('job'));
  expect(ofAnybody('rate(http_requests_total{code="500"}[5m]) > up{job="attune"}')).toEqual([
    { metric: 'http_requests_total', labels: ['code'] },
  ]);
  expect(queries.flatMap(ofAnybody)).toEqual([]);
});

test('every alert is a page or a ticket, says what it is, and has a heading in the runbook that nothing else has', () => {
  const faults = alerts.filter(
    ({ alert, labels, annotations: { summary, description, runbook_url: url } }) =>
      !['page', 'ticket'].includes(labels['severity'] ?? '') ||
      !summary ||
      !description ||
      url !== `docs/runbook.md#${alert.toLowerCase()}`,
  );
  expect(faults).toEqual([]);
  expect([...headings].sort()).toEqual(alerts.map(({ alert }) => alert).sort());
});

test('of every alert it is shown that it fires and that it stays silent, and every recording is compared with numbers', () => {
  const has = (alert: string, what: string) =>
    tests.some(
      ({ name, promql_expr_test: asked }) =>
        name.startsWith(`${alert} ${what}: `) && asked.some(({ expr }) => expr.includes(`alertname="${alert}", alertstate="firing"`)),
    );
  expect(alerts.filter(({ alert }) => !has(alert, 'fires') || !has(alert, 'stays silent'))).toEqual([]);
  const compared = tests.flatMap(({ promql_expr_test: asked }) => asked.flatMap(({ expr }) => readsOf(expr).metrics));
  expect(recordings.filter(({ record }) => !compared.some(({ metric }) => metric === record))).toEqual([]);
});

const PANELS = 25;

/** Tells what is wrong with a dashboard as Grafana gets it, one sentence per fault. */
function faultsOf(dashboard: Dashboard): string[] {
  const { panels, alerts: explained, uid } = dashboard;
  const text = dashboardJson(dashboard);
  return [
    ...(panels.length > PANELS ? ['too many panels'] : []),
    ...(/"uid": "(?!\$\{datasource\}|attune-)/.test(text) ? ['a datasource is named'] : []),
    ...(/[0-9a-f]{8}-[0-9a-f]{4}-|(?:job|ds|art)_[0-9a-f]{8}/.test(text) ? ['an id is named'] : []),
    ...explained.filter((alert) => !headings.includes(alert)).map((alert) => `${alert} is not in the runbook`),
    ...panels.flatMap(({ title, description, queries }) => [
      ...(description.endsWith('.') ? [] : [`${title} is not described`]),
      ...queries.flatMap(([query]) => [
        ...unknownIn(query).map((name) => `${title} asks for ${name}`),
        ...[...query.matchAll(/\[([^\]]*)\]/g)]
          .filter(([, window]) => window !== '$__rate_interval')
          .map(([window]) => `${title}: ${window}`),
      ]),
    ]),
    ...(new Set(panels.map(({ title }) => title)).size < panels.length ? [`two panels of ${uid} have one title`] : []),
  ];
}

const [sound] = dashboards as [Dashboard];
const panelOf = (query: string, description = 'Told.'): Dashboard => ({
  ...sound,
  panels: [{ kind: 'stat', title: 'P', unit: 'short', description, queries: [[query, '']] }],
});

test.each<[string, Dashboard, string]>([
  ['metrics that exist', panelOf('eaten_total'), 'P asks for eaten_total'],
  ['windows that fit the scrape interval', panelOf('rate(upload_bytes_total[5m])'), 'P: [5m]'],
  ['descriptions', panelOf('up', ''), 'P is not described'],
  ['no ids', panelOf('up{job="job_01a2016f"}'), 'an id is named'],
  ['headings of the runbook', { ...panelOf('up'), alerts: ['None'] }, 'None is not in the runbook'],
  [
    'at most 25 panels',
    {
      ...sound,
      panels: Array(26)
        .fill(0)
        .map((_, n) => ({ ...sound.panels[0]!, title: `P${n}` })),
    },
    'too many panels',
  ],
])('dashboards have %s', (_guarantee, broken, complaint) => {
  expect(faultsOf(broken)).toEqual([complaint]);
  expect(dashboards.flatMap(faultsOf)).toEqual([]);
});

test('there are nine dashboards, and every alert is explained by one', () => {
  expect(new Set(dashboards.map(({ uid }) => uid)).size).toBe(9);
  const explained = new Set(dashboards.flatMap((dashboard) => dashboard.alerts));
  expect(alerts.filter(({ alert }) => !explained.has(alert))).toEqual([]);
});
