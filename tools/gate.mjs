// The gate before every change: build (types), lint and all tests, of everything or of what a change affects.
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { COUNTS_FILE } from './count-reporter.mjs';
import { ensureInstalled, ROOT } from './install.mjs';
import { memoryScratch } from './memory-scratch.mjs';
import { build, NX, runNode } from './processes.mjs';
import { provideRedis, redisProgram } from './redis.mjs';

/**
 * Executes the targets with `nx <words>` and ends the process: 0 only when nothing has failed.
 * The last line is the sum over all projects: `N passed, N failed, N skipped`.
 */
export async function passGate(words) {
  ensureInstalled();
  const redis = provideRedis();
  console.log(
    redis.available ? redis.told : `${redis.told} Tests that need it are ${process.env.CI ? 'failures' : 'reported as not executed'}.`,
  );
  const folders = projectFolders();
  for (const folder of folders) rmSync(join(folder, COUNTS_FILE), { force: true });
  // Everything at once is built in a third of the time that Nx takes for one project after another; it then finds each of them built.
  const built = await build({ project: 'tsconfig.json' });
  if (built !== 0) {
    console.log('The build has failed; see above.');
    process.exit(built);
  }
  // `gate` does nothing but depend on the end-to-end tests: Nx begins first with what others wait for, and these take longest of all.
  const args = [
    ...words,
    '-t',
    'build',
    'lint',
    'test',
    'gate',
    '--outputStyle=static-failures-only',
    `--parallel=${availableParallelism()}`,
  ];
  const code = await runNode([NX, ...args], { env: environment() });
  const sum = { passed: 0, failed: 0, skipped: 0 };
  for (const counts of folders.map(readCounts)) for (const name of Object.keys(sum)) sum[name] += counts[name];
  if (code !== 0 && sum.failed === 0) console.log('The build or the lint has failed; see above.');
  console.log(`${sum.passed} passed, ${sum.failed} failed, ${sum.skipped} skipped`);
  process.exit(code !== 0 ? code : sum.failed > 0 ? 1 : 0);
}

function environment() {
  const redis = redisProgram();
  const path = [process.env.PATH, ...(redis ? [dirname(redis)] : [])].join(delimiter);
  // A cache of its own: a fresh checkout proves everything itself and takes nothing over from another one on the machine.
  const cache = join(ROOT, '.nx/cache');
  // Part of what Nx remembers a result by: tests that found no Redis are executed once there is one.
  const TEST_REDIS = redis || process.env.TEST_REDIS_URL ? 'present' : 'absent';
  const TMPDIR = process.env.TMPDIR ?? memoryScratch();
  return {
    ...process.env,
    ...(TMPDIR && { TMPDIR }),
    PATH: path,
    TEST_REDIS,
    NX_DAEMON: 'false',
    NX_NO_CLOUD: 'true',
    NX_TUI: 'false',
    NX_CACHE_DIRECTORY: cache,
  };
}

function projectFolders() {
  const { workspaces } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
  return workspaces.flatMap((pattern) => {
    if (!pattern.endsWith('/*')) return [join(ROOT, pattern)];
    const parent = join(ROOT, pattern.slice(0, -2));
    return readdirSync(parent, { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map(({ name }) => join(parent, name));
  });
}

function readCounts(folder) {
  const file = join(folder, COUNTS_FILE);
  return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : { passed: 0, failed: 0, skipped: 0 };
}
