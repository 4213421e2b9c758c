// Finds or fetches the Redis that some tests need. Nothing but Node: it must work before anything was installed.
import { execFileSync, spawnSync } from 'node:child_process';
import { accessSync, chmodSync, constants, existsSync, mkdirSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';

const SERVERS = join(import.meta.dirname, '..', '.servers');
const FETCHED = join(SERVERS, 'bin');
const PROGRAMS = ['redis-server', 'valkey-server'];
/** Debian's redis-server with the libraries it is linked with; names differ between releases, and those that do not exist are left out. */
const PACKAGES = [
  'redis-server',
  'redis-tools',
  'liblua5.1-0',
  'libjemalloc2',
  'liblzf1',
  'libatomic1',
  'lua-bitop',
  'lua-cjson',
  'libhiredis0.14',
  'libhiredis1.1.0',
  'libssl3',
  'libssl3t64',
  'libsystemd0',
];

/** Path of a Redis server program on the PATH or fetched earlier; undefined when there is none. */
export function redisProgram() {
  const folders = [...(process.env.PATH ?? '').split(delimiter).filter(Boolean), FETCHED];
  return folders.flatMap((folder) => PROGRAMS.map((name) => join(folder, name))).find(isExecutable);
}

/** Makes sure that the tests find a Redis; tells in one sentence where it is from. `available` false: tests that need it are not executed. */
export function provideRedis() {
  if (process.env.TEST_REDIS_URL) return { available: true, told: 'Redis: the one of TEST_REDIS_URL.' };
  const found = redisProgram();
  if (found) return { available: true, told: `Redis: ${found}.` };
  if (!existsSync('/etc/debian_version')) return { available: false, told: 'Redis: none on the PATH, and this is no Debian.' };
  try {
    if (process.getuid?.() === 0) installPackage();
    else fetchPackage();
  } catch (error) {
    return { available: false, told: `Redis: none on the PATH, and Debian's could not be had (${String(error.message).split('\n')[0]}).` };
  }
  const fetched = redisProgram();
  return fetched
    ? { available: true, told: `Redis: Debian's, ${fetched}.` }
    : { available: false, told: "Redis: Debian's package holds no server." };
}

/** The package would start a service of its own; policy-rc.d is Debian's way to say no, and only a policy we made is removed. */
function installPackage() {
  const policy = '/usr/sbin/policy-rc.d';
  const ours = !existsSync(policy);
  if (ours) writeFileSync(policy, '#!/bin/sh\nexit 101\n', { mode: 0o755 });
  const install = ['apt-get', 'install', '-y', '--no-install-recommends', 'redis-server'];
  try {
    if (!run(install)) {
      run(['apt-get', 'update']);
      if (!run(install)) throw new Error('apt-get install failed');
    }
  } finally {
    if (ours) rmSync(policy, { force: true });
  }
}

/** Without rights the packages are only unpacked, and a small script starts the program with its libraries. */
function fetchPackage() {
  mkdirSync(FETCHED, { recursive: true });
  const root = join(SERVERS, 'root');
  // A machine that never ran apt-get update has no lists of packages; whoever may not write them keeps their own.
  const own = ['-o', `Dir::State::Lists=${join(SERVERS, 'lists')}`, '-o', `Dir::Cache=${join(SERVERS, 'cache')}`];
  if (!download('redis-server', [])) {
    for (const folder of ['lists/partial', 'cache/archives/partial']) mkdirSync(join(SERVERS, folder), { recursive: true });
    run(['apt-get', ...own, 'update']);
    if (!download('redis-server', own)) throw new Error('apt-get download failed');
  }
  const options = existsSync(join(SERVERS, 'lists')) ? own : [];
  for (const name of PACKAGES.slice(1)) download(name, options);
  for (const file of readdirSync(SERVERS).filter((name) => name.endsWith('.deb'))) {
    execFileSync('dpkg-deb', ['-x', join(SERVERS, file), root]);
    rmSync(join(SERVERS, file));
  }
  for (const folder of ['lists', 'cache']) rmSync(join(SERVERS, folder), { recursive: true, force: true });
  const program = join(root, 'usr/bin/redis-server'); // a link to redis-check-rdb's binary of redis-tools
  const libraries = readdirSync(join(root, 'usr/lib'), { withFileTypes: true }).filter((entry) => entry.isDirectory());
  const path = libraries.map(({ name }) => join(root, 'usr/lib', name)).join(':');
  const script = join(FETCHED, 'redis-server');
  writeFileSync(script, `#!/bin/sh\nLD_LIBRARY_PATH='${path}' exec '${program}' "$@"\n`);
  chmodSync(script, 0o755);
  if (spawnSync(script, ['--version'], { stdio: 'ignore' }).status === 0) return;
  rmSync(script);
  throw new Error('the unpacked redis-server does not run');
}

function download(name, options) {
  return run(['apt-get', ...options, 'download', name], SERVERS);
}

function run([command, ...args], cwd) {
  return (
    spawnSync(command, args, {
      cwd,
      stdio: ['ignore', 'ignore', 'ignore'],
      env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
      timeout: 180_000,
    }).status === 0
  );
}

function isExecutable(path) {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}
