// What the chart is rendered with, and how: node tools/render-chart.mjs writes helm/attune/golden anew. It needs helm.
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { pathToFileURL } from 'node:url';

const ROOT = join(import.meta.dirname, '..');
export const CHART = join(ROOT, 'helm/attune');
const NEWEST = '1.34.0';

/** Every example, and what no example says. */
export const SETS = ['examples', 'golden/values'].flatMap((folder) =>
  readdirSync(join(CHART, folder))
    .filter((name) => name.endsWith('.yaml'))
    .map((name) => ({
      name: basename(name, '.yaml'),
      values: join(CHART, folder, name),
      golden: join(CHART, 'golden', name),
      // helm that was built without a version believes in a Kubernetes of 2020.
      kubernetes: /^kubernetes-([\d.]+)\.yaml$/.test(name) ? `${/[\d.]+\d/.exec(name)[0]}.0` : NEWEST,
    })),
);

/** Helm, in the chart. @throws Error with what it said. */
export function helm(...args) {
  const { status, stdout, stderr, error } = spawnSync('helm', args, { encoding: 'utf8', maxBuffer: 1 << 26 });
  if (status !== 0) throw new Error(error?.code === 'ENOENT' ? 'helm is not installed' : `helm ${args[0]}: ${stderr.trim()}`);
  return stdout;
}

export function render({ values, kubernetes }, ...more) {
  return helm('template', 'attune', CHART, '--namespace', 'attune', '--kube-version', kubernetes, '--values', values, ...more);
}

export function isGolden(set) {
  return render(set) === readFileSync(set.golden, 'utf8');
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) for (const set of SETS) writeFileSync(set.golden, render(set));
