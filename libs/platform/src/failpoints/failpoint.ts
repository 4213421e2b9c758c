import { existsSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';

/** Places at which the fault harness hurts a process (jobs.md, section 8). */
export const FAILPOINTS = [
  'submit.before_tx',
  'submit.after_tx_before_202',
  'upload.mid_body',
  'upload.before_blob_row',
  'upload.after_blob_row',
  'ring.after_commit_before_add',
  'claim.after',
  'work.first_record',
  'work.mid',
  'work.last_record',
  'heartbeat.before',
  'heartbeat.after',
  'publish.mid_part',
  'publish.before_manifest',
  'publish.after_manifest_before_commit',
  'publish.after_commit_before_ack',
  'load.mid_copy',
  'load.before_ledger',
  'load.after_ledger',
  'webhook.before_send',
  'webhook.after_send_before_mark',
  'cancel.after_flag',
  'gc.mid_sweep',
  'migrate.mid',
] as const;
export type Failpoint = (typeof FAILPOINTS)[number];

/** Whose work stands at the failpoint. */
interface Place {
  readonly jobId: string;
  readonly stage: string;
  readonly epoch: number;
}

const ARMED = /^(?<action>kill|stop|throw|slow)(:(?<ms>\d+))?(@(?<nth>\d+))?( (?<stage>\w+))?$/;

/** Undefined outside of tests of faults: then nothing here does anything. */
let folder: string | undefined;
/** How often this process has been at an armed failpoint, by the file that arms it. */
const reached = new Map<string, number>();

/** From now on this process looks into the folder at each failpoint. Only a process that was started for tests is given one (config.ts). */
export function useFailpoints(directory: string | undefined): void {
  folder = directory;
}

/** What the process was given; undefined outside of tests of faults. */
export function failpointsFolder(): string | undefined {
  return folder;
}

/** Ends this process by SIGSEGV, every time, where the bytes hold what the file `engine.poison` of the folder says. */
export function swallow(bytes: () => Uint8Array): void {
  if (folder === undefined) return;
  const file = path.join(folder, 'engine.poison');
  const poison = existsSync(file) ? readFileSync(file, 'utf8').trim() : '';
  if (poison === '' || !Buffer.from(bytes()).includes(poison)) return;
  process.kill(process.pid, 'SIGSEGV');
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 200);
}

/**
 * Does what the file of this name in the folder says: `kill`, `stop` (SIGSTOP), `throw`, or `slow:500` (ms); `kill@3` at the third time
 * in one process, `kill transform` in that stage only. Of all processes that share the folder one fires, once: it renames the file to
 * `NAME.fired` and writes into it whose work it was.
 */
export function failpoint(name: Failpoint, place?: Place): Promise<void> | undefined {
  return folder === undefined ? undefined : fire(path.join(folder, name), name, place);
}

async function fire(file: string, name: string, place: Place | undefined): Promise<void> {
  const armed = armedAt(file, name);
  if (armed === undefined || (armed.stage !== undefined && armed.stage !== place?.stage)) return;
  const count = (reached.get(armed.since) ?? 0) + 1;
  reached.set(armed.since, count);
  if (count < armed.nth || !isFirst(file)) return;
  const fired = { name, action: armed.action, pid: process.pid, at: new Date().toISOString(), ...place };
  writeFileSync(`${file}.fired.draft`, JSON.stringify(fired));
  renameSync(`${file}.fired.draft`, `${file}.fired`);
  switch (armed.action) {
    case 'kill':
      return stand('SIGKILL');
    case 'stop':
      return stand('SIGSTOP');
    case 'throw':
      throw new Error(`failpoint ${name}`);
    case 'slow':
      return pause(armed.ms);
  }
}

function armedAt(file: string, name: string) {
  try {
    const { ino, ctimeMs } = statSync(file); // numbers of files are used again
    const words = ARMED.exec(readFileSync(file, 'utf8').trim())?.groups;
    if (words === undefined) throw new Error(`the failpoint ${name} is told something unknown`);
    return {
      since: `${ino} ${ctimeMs}`,
      action: words['action'] as 'kill' | 'stop' | 'throw' | 'slow',
      ms: Number(words['ms'] ?? 0),
      nth: Number(words['nth'] ?? 1),
      stage: words['stage'],
    };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined; // it is not armed, or somebody else was first
    throw error;
  }
}

function isFirst(file: string): boolean {
  try {
    renameSync(file, `${file}.fired`);
    return true;
  } catch {
    return false;
  }
}

/** A signal to oneself takes effect a moment later: until then this thread does nothing. */
function stand(signal: 'SIGKILL' | 'SIGSTOP'): void {
  process.kill(process.pid, signal);
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 200);
}
