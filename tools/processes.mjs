// Child processes of the tools: started, waited for, never left behind.
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { ROOT } from './install.mjs';

export const ATTUNE = join(ROOT, 'apps/attune/bin/attune.mjs');
/** The all-in-one with every lib it needs, and no tests: what is compiled, and what is bundled. */
export const PRODUCT = { project: join(ROOT, 'apps/attune/tsconfig.build.json'), folders: ['libs/platform', 'apps/attune'] };
/** The compiler in Go, in a third of the time; the one in JavaScript (`typescript`) is there for ESLint, which needs its API. */
const TSC = join(ROOT, 'node_modules/typescript7/bin/tsc');
export const NX = join(ROOT, 'node_modules/nx/dist/bin/nx.js');
const BUNDLE = join(ROOT, 'tools/bundle.mjs');

const children = new Set();
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
  process.on(signal, () => {
    process.exitCode = 130;
    // Ctrl-C has reached the children as well; a second SIGTERM does them no harm.
    for (const child of children) child.kill('SIGTERM');
    if (children.size === 0) process.exit();
  });
}

/** True once the user or the system has asked us to end: nothing new should be started. */
export function interrupted() {
  return process.exitCode === 130;
}

/** Starts a Node script in the root folder; `gone` resolves to its exit code, 1 for a signal. */
export function startNode(args, options = {}) {
  const child = spawn(process.execPath, args, { cwd: ROOT, stdio: 'inherit', ...options });
  children.add(child);
  const gone = new Promise((fulfil, reject) => child.once('error', reject).once('exit', (code) => fulfil(code ?? 1)));
  return { child, gone: gone.finally(() => children.delete(child)) };
}

export function runNode(args, options) {
  return startNode(args, options).gone;
}

/** Compiles a project and bundles its folders, all there are unless told otherwise; the exit code. */
export async function build({ project, folders = [] }) {
  const compiled = await runNode([TSC, '-b', project]);
  return compiled !== 0 || interrupted() ? compiled || 130 : runNode([BUNDLE, ...folders]);
}

/** Compiles and bundles the product again after every change. */
export function buildAlways({ project, folders }) {
  return [startNode([TSC, '-b', '-w', '--preserveWatchOutput', project]), startNode([BUNDLE, '--watch', ...folders])];
}
