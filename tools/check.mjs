// npm run check: the gate for what differs from the main branch, or on main from the commit before, uncommitted changes included.
import { spawnSync } from 'node:child_process';
import { passGate } from './gate.mjs';
import { ROOT } from './install.mjs';

const base = baseCommit();
await passGate(base ? ['affected', `--base=${base}`] : ['run-many']);

function baseCommit() {
  const head = git('rev-parse', 'HEAD');
  const fork = git('merge-base', 'HEAD', 'main');
  return fork !== head ? fork : (git('rev-parse', '--verify', '--quiet', 'HEAD~1') ?? undefined);
}

function git(...args) {
  const { status, stdout } = spawnSync('git', args, { cwd: ROOT, encoding: 'utf8' });
  return status === 0 ? stdout.trim() : undefined;
}
