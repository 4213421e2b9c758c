import { execFile, spawn } from 'node:child_process';

/** What the operating system lets one engine process take, whatever the code in it does. */
export interface ProcessLimits {
  /** MiB of memory that can be written: heaps, buffers, stacks (RLIMIT_DATA). */
  readonly dataMb: number;
  /** Bytes of one file (RLIMIT_FSIZE). */
  readonly fileBytes: number;
  /** Files, pipes and sockets that are open at once (RLIMIT_NOFILE). */
  readonly openFiles: number;
}

/** How to start a Node process with less rights: the command, and what stands before the script. */
export interface Confinement {
  readonly command: string;
  readonly args: readonly string[];
  /** What this machine does not let us take away: `network`, or the name of a limit. Nothing, as a rule. */
  readonly missing: readonly string[];
}

/** Ways to a network namespace without any network: as root, and as somebody who may make user namespaces. */
const NO_NETWORK = [
  ['unshare', '-n', '--'],
  ['unshare', '-r', '-n', '--'],
];
const ENVIRONMENT = { PATH: '/usr/bin:/bin' };
/** POSIX has `ulimit -f` count in blocks of this size, and `ulimit -d` in KiB. */
const FILE_BLOCK = 512;
const MiB_IN_KiB = 1024;

/**
 * Seen at 2 threads: 1,060 MB at 256 MiB of buffers and 200,000 records of 20 columns, and at least 1,424 MB at 192 MiB and 4,096 columns.
 * This is well above both: it stops what has run away, and is no budget.
 */
const DATA_MB = { base: 3072, perBufferMb: 2, perThread: 512 };
/** What the set of different rows may take where nothing is said. */
export const DEDUP_BYTES = 512 * 2 ** 20;
const FILE_BYTES = 64 * 2 ** 30;
const OPEN_FILES = 4096;

/**
 * RLIMIT_AS would also count address space that is reserved and never touched (an idle Node: 760 MB, of which 82 MB are data), so memory is
 * limited by RLIMIT_DATA. RLIMIT_NPROC counts the threads of a user, not of a process: one child would starve for the load of the others.
 * RLIMIT_CPU knows no difference between a large input and an endless loop: that is for the deadline of the job.
 */
export function processLimits(memoryLimitMb: number, threads: number, dedupBytes = DEDUP_BYTES): ProcessLimits {
  const dataMb = DATA_MB.base + Math.ceil(dedupBytes / 2 ** 20) + DATA_MB.perBufferMb * memoryLimitMb + DATA_MB.perThread * threads;
  return { dataMb, fileBytes: FILE_BYTES, openFiles: OPEN_FILES };
}

const found = new Map<string, Promise<Confinement>>();

/**
 * The strictest confinement that this machine permits, tried out once per process: no network, no core dumps, which would hold records, and
 * the limits; else as much of that as there is. `exec` all the way keeps the process id and the channel to the parent.
 */
export function confinement(limits: ProcessLimits): Promise<Confinement> {
  const key = JSON.stringify(limits);
  let known = found.get(key);
  if (known === undefined) found.set(key, (known = strictest(limits)));
  return known;
}

async function strictest(limits: ProcessLimits): Promise<Confinement> {
  const wanted = wantedOf(limits);
  const lowered = loweringOf(wanted);
  for (const before of [...NO_NETWORK, []]) {
    const candidate = { command: '/bin/sh', args: ['-c', `${lowered} exec "$@"`, 'sh', ...before, process.execPath] };
    if (!(await works(candidate))) continue;
    const missing = [...(before.length === 0 ? ['network'] : []), ...(await notLowered(lowered, wanted))];
    return { ...candidate, missing };
  }
  return { command: process.execPath, args: [], missing: ['network', ...wanted.map(({ name }) => name)] };
}

interface Wanted {
  readonly name: string;
  /** Of the shell's `ulimit`. */
  readonly flag: string;
  readonly value: number;
}

function wantedOf({ dataMb, fileBytes, openFiles }: ProcessLimits): readonly Wanted[] {
  return [
    { name: 'core dump', flag: '-c', value: 0 },
    { name: 'data', flag: '-d', value: dataMb * MiB_IN_KiB },
    { name: 'file size', flag: '-f', value: Math.ceil(fileBytes / FILE_BLOCK) },
    { name: 'open files', flag: '-n', value: openFiles },
  ];
}

/** Some shells end over a limit that they cannot set, so each is tried by a shell of its own first. */
function loweringOf(wanted: readonly Wanted[]): string {
  return wanted.map(({ flag, value }) => `if (ulimit ${flag} ${value}) 2>/dev/null; then ulimit ${flag} ${value}; fi;`).join(' ');
}

/** A limit that somebody has set lower before us is as good. */
async function notLowered(lowered: string, wanted: readonly Wanted[]): Promise<readonly string[]> {
  const asked = wanted.map(({ flag }) => `ulimit ${flag};`).join(' ');
  const lines = await new Promise<string[]>((resolve) => {
    execFile('/bin/sh', ['-c', `${lowered} ${asked}`], { env: ENVIRONMENT }, (_error, out) => resolve(out.split('\n')));
  });
  return wanted.flatMap(({ name, value }, i) => (/^\d+$/.test(lines[i] ?? '') && Number(lines[i]) <= value ? [] : [name]));
}

function works({ command, args }: Omit<Confinement, 'missing'>): Promise<boolean> {
  return new Promise((resolve) => {
    const trial = spawn(command, [...args, '-e', '0'], { stdio: 'ignore', env: ENVIRONMENT });
    trial.once('error', () => resolve(false));
    trial.once('exit', (code) => resolve(code === 0));
  });
}
