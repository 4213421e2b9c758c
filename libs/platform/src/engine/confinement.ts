import { spawn } from 'node:child_process';

/** How to start a Node process with less rights: the command, and what stands before the script. */
export interface Confinement {
  readonly command: string;
  readonly args: readonly string[];
}

/** Without its own core dumps, which would hold records. */
const NO_CORE_DUMP = ['-c', 'ulimit -c 0; exec "$@"', 'sh'];

/** Ways to a network namespace without any network: as root, and as somebody who may make user namespaces. */
const NO_NETWORK = [
  ['unshare', '-n', '--'],
  ['unshare', '-r', '-n', '--'],
];

let found: Promise<Confinement> | undefined;

/**
 * The strictest confinement that this machine permits, tried out once per process: no core dumps and no network, else no core dumps,
 * else plain Node. `exec` all the way keeps the process id and the channel to the parent.
 */
export function confinement(): Promise<Confinement> {
  found ??= strictest();
  return found;
}

async function strictest(): Promise<Confinement> {
  for (const before of [...NO_NETWORK, []]) {
    const candidate = { command: '/bin/sh', args: [...NO_CORE_DUMP, ...before, process.execPath] };
    if (await works(candidate)) return candidate;
  }
  return { command: process.execPath, args: [] };
}

function works({ command, args }: Confinement): Promise<boolean> {
  return new Promise((resolve) => {
    const trial = spawn(command, [...args, '-e', '0'], { stdio: 'ignore', env: { PATH: '/usr/bin:/bin' } });
    trial.once('error', () => resolve(false));
    trial.once('exit', (code) => resolve(code === 0));
  });
}
