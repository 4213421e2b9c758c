// Where the tests write: into memory, where there is plenty of it. Their servers are durable ones, which wait for the disk at every step,
// and nothing of what they write is needed when they are done.
import { chmodSync, mkdtempSync, readFileSync, rmSync, statfsSync } from 'node:fs';

const MEMORY = '/dev/shm';
const GiB = 1 << 30;
/** All tests together were seen to hold 1.3 GiB of files at once. */
const FILES = 4 * GiB;
/** What the tests need beside their files. */
const PROCESSES = 6 * GiB;

/** A folder in memory that is gone with this process; undefined where there is too little room, or none. */
export function memoryScratch() {
  if (process.platform !== 'linux' || !isPlenty()) return undefined;
  const folder = mkdtempSync(`${MEMORY}/attune-test-`);
  process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
  chmodSync(folder, 0o1777); // as /tmp is: a server that root starts runs under an account of its own
  return folder;
}

function isPlenty() {
  try {
    const { bavail, bsize } = statfsSync(MEMORY);
    const available = 1024 * Number(/^MemAvailable:\s+(\d+)/m.exec(readFileSync('/proc/meminfo', 'utf8'))[1]);
    const allowed = process.constrainedMemory() || Infinity; // 0: nobody says
    return bavail * bsize >= FILES && Math.min(available, allowed) >= FILES + PROCESSES;
  } catch {
    return false;
  }
}
