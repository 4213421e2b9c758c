// Makes node_modules what package-lock.json says. Nothing but Node: this is what runs first on a fresh machine.
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const ROOT = join(import.meta.dirname, '..');

/** Refuses a Node that is too old, and installs what is missing; install scripts stay blocked. Ends the process when that fails. */
export function ensureInstalled() {
  refuseOldNode();
  if (isInstalled()) return;
  console.log('Installing the dependencies (npm ci) ...');
  if (npm(['ci'])) return;
  if (process.env.CI)
    fail('npm ci failed. After a change of the dependencies: node tools/complete-lock.mjs, and commit package-lock.json.');
  // A registry that lacks the binaries of other platforms makes npm doubt the lock; npm install keeps to it all the same.
  console.log('npm ci failed; trying npm install, which leaves package-lock.json as it is ...');
  if (!npm(['install', '--no-save'])) fail('The dependencies could not be installed; npm says why above.');
}

function refuseOldNode() {
  const { engines } = readJson('package.json');
  const needed = engines.node
    .replace(/[^\d.]/g, '')
    .split('.')
    .map(Number);
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major > needed[0] || (major === needed[0] && minor >= (needed[1] ?? 0))) return;
  fail(`Attune needs Node ${engines.node}; this is Node ${process.versions.node}.`);
}

/**
 * npm writes its own account of node_modules as the last act of an install: it is complete, or it is not there.
 * Optional packages are left out: most are for other platforms.
 */
function isInstalled() {
  if (!existsSync(join(ROOT, 'node_modules/.package-lock.json'))) return false;
  const wanted = readJson('package-lock.json').packages;
  const present = readJson('node_modules/.package-lock.json').packages;
  return Object.entries(wanted).every(([path, entry]) => {
    if (!path.includes('node_modules/')) return true; // our own packages
    const found = present[path];
    if (!found) return entry.optional === true || entry.devOptional === true || entry.peer === true;
    return entry.version === found.version && existsSync(join(ROOT, path));
  });
}

function npm(args) {
  const all = [...args, '--ignore-scripts', '--no-audit', '--no-fund'];
  const [command, prefix] = process.env.npm_execpath?.endsWith('.js') ? [process.execPath, [process.env.npm_execpath]] : ['npm', []];
  const { status, error } = spawnSync(command, [...prefix, ...all], { cwd: ROOT, stdio: 'inherit' });
  if (error) fail(`npm could not be started: ${error.message}`);
  return status === 0;
}

function readJson(file) {
  return JSON.parse(readFileSync(join(ROOT, file), 'utf8'));
}

function fail(message) {
  console.error(message);
  process.exit(1);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) ensureInstalled();
