import { access, readdir, rm, rmdir, stat, statfs } from 'node:fs/promises';
import path from 'node:path';
import type { Claim, StageStanding } from '../database/stages.repository.js';
import { CHECKPOINT, CHECKPOINT_FILES } from '../engine/checkpoint.js';

type Of = Pick<Claim, 'jobId' | 'stage' | 'shard' | 'epoch'>;

/** What an attempt left is kept so long and no longer, and of so many attempts on one machine and no more. */
const KEPT_MS = 24 * 3_600_000;
const KEPT_ATTEMPTS = 16;
/** Whoever has just committed still has to read. */
const DONE_MS = 60_000;

/**
 * The directories in which the attempts on this machine work: one per job, stage, shard and epoch. That of an attempt which did not finish
 * is kept with its checkpoint until the stage is over.
 */
export class ScratchFolders {
  constructor(private readonly root: string) {}

  of({ jobId, stage, shard, epoch }: Of): string {
    return path.join(this.root, jobId, stage, String(shard), String(epoch));
  }

  /**
   * The disk is full, and mostly of other things than what this attempt has written: without them it may fit. An attempt that fills
   * half of the disk by itself would do so every time.
   */
  async isCrowded(claim: Of, diskBytes = bytesOfDisk): Promise<boolean> {
    return (await bytesIn(this.of(claim))) < (await diskBytes(this.root)) / 2;
  }

  /** Directories of attempts before this one at the same stage, the latest first. */
  async earlier(claim: Of): Promise<readonly string[]> {
    return (await this.#epochs(claim)).filter((epoch) => epoch < claim.epoch).map((epoch) => this.of({ ...claim, epoch }));
  }

  /** The attempt has ended and the stage has not: what another attempt can go on with stays. */
  async keep(claim: Of): Promise<void> {
    const isOfUse = await trimmed(this.of(claim));
    await this.#remove(claim, (epoch) => (isOfUse ? epoch < claim.epoch : epoch === claim.epoch));
  }

  /** The attempt is not the stage's any more. */
  async leave(claim: Of): Promise<void> {
    await this.#remove(claim, (epoch) => epoch === claim.epoch);
  }

  /** The stage is over; a later epoch would be that of a stage which was begun anew. */
  async clear(claim: Of): Promise<void> {
    await this.#remove(claim, (epoch) => epoch <= claim.epoch);
  }

  /**
   * Removes what is of no use to anybody: of stages and jobs that are over, without a checkpoint, too old or too many.
   * `standing` tells how the stages of these jobs stand; an attempt that is at work is left alone.
   */
  async sweep(standing: (jobIds: readonly string[]) => Promise<readonly StageStanding[]>): Promise<void> {
    const found = await this.#all();
    if (found.length === 0) return;
    const jobs = [...new Set(found.map(({ jobId }) => jobId))];
    const stages = new Map((await standing(jobs)).map((of) => [key(of), of]));
    const kept: { readonly folder: string; readonly age: number }[] = [];
    for (const attempt of found) {
      const folder = this.of(attempt);
      const stage = stages.get(key(attempt));
      const age =
        Date.now() -
        (await stat(folder).then(
          ({ mtimeMs }) => mtimeMs,
          () => 0,
        ));
      if (stage !== undefined && (attempt.epoch > stage.epoch || (attempt.epoch === stage.epoch && stage.status === 'running'))) continue;
      if (stage?.status === 'done' && age < DONE_MS) continue;
      if (stage?.open !== true || age > KEPT_MS || !(await trimmed(folder))) await rm(folder, { recursive: true, force: true });
      else kept.push({ folder, age });
    }
    kept.sort((a, b) => a.age - b.age);
    for (const { folder } of kept.slice(KEPT_ATTEMPTS)) await rm(folder, { recursive: true, force: true });
    for (const jobId of jobs)
      if (![...stages.values()].some((stage) => stage.jobId === jobId && stage.open)) await removeEmpty(path.join(this.root, jobId));
  }

  async #epochs({ jobId, stage, shard }: Omit<Of, 'epoch'>): Promise<readonly number[]> {
    const names = await namesIn(path.join(this.root, jobId, stage, String(shard)));
    return names.map(Number).sort((a, b) => b - a);
  }

  async #remove(claim: Of, which: (epoch: number) => boolean): Promise<void> {
    for (const epoch of (await this.#epochs(claim)).filter(which)) await rm(this.of({ ...claim, epoch }), { recursive: true, force: true });
  }

  async #all(): Promise<readonly Of[]> {
    return (await attemptsIn(this.root)).map(([jobId, stage, shard, epoch]) => ({
      jobId: jobId!,
      stage: stage as Of['stage'],
      shard: Number(shard),
      epoch: Number(epoch),
    }));
  }
}

/** Removes from a scratch directory that nobody works in everything that a later attempt cannot go on with. */
export async function clearScratch(root: string): Promise<void> {
  const kept = new Set<string>();
  for (const names of await attemptsIn(root))
    if (await trimmed(path.join(root, ...names))) names.forEach((_, i) => kept.add(path.join(root, ...names.slice(0, i + 1))));
  if (kept.size === 0) return rm(root, { recursive: true, force: true });
  for (const folder of await foldersIn(root, 4)) if (!kept.has(folder)) await rm(folder, { recursive: true, force: true });
}

async function bytesOfDisk(folder: string): Promise<number> {
  const { blocks, bsize } = await statfs(folder);
  return blocks * bsize;
}

async function bytesIn(folder: string): Promise<number> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  const sizes = entries.map((entry) =>
    stat(path.join(entry.parentPath, entry.name)).then(
      (found) => (found.isFile() ? found.size : 0),
      () => 0,
    ),
  );
  return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
}

const key = ({ jobId, stage, shard }: Pick<Of, 'jobId' | 'stage' | 'shard'>): string => `${jobId} ${stage} ${shard}`;

/** Names of job, stage, shard and epoch of every attempt; other tasks have directories of their own beside those of the jobs. */
async function attemptsIn(root: string): Promise<readonly (readonly string[])[]> {
  const folders = await foldersIn(root, 4);
  return folders
    .map((folder) => path.relative(root, folder).split(path.sep))
    .filter(
      ([jobId, , shard, epoch]) => /^[0-9a-f]{8}-[0-9a-f-]{27}$/.test(jobId!) && /^\d+$/.test(shard ?? '') && /^\d+$/.test(epoch ?? ''),
    );
}

/** Every directory down to so many levels, those above before those in them. */
async function foldersIn(root: string, levels: number): Promise<readonly string[]> {
  if (levels === 0) return [];
  const folders = (await namesIn(root)).map((name) => path.join(root, name));
  const inside = await Promise.all(folders.map((folder) => foldersIn(folder, levels - 1)));
  return [...folders, ...inside.flat()];
}

async function namesIn(folder: string): Promise<readonly string[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  return entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
}

/** Leaves the checkpoint and its files alone; false, and nothing is done, where there is none. */
async function trimmed(folder: string): Promise<boolean> {
  const whole = await access(path.join(folder, CHECKPOINT)).then(
    () => true,
    () => false,
  );
  if (!whole) return false;
  for (const name of await readdir(folder).catch(() => []))
    if (!CHECKPOINT_FILES.includes(name)) await rm(path.join(folder, name), { recursive: true, force: true });
  return true;
}

/** Removes a directory and those in it, as far as there is nothing in them. */
async function removeEmpty(folder: string): Promise<void> {
  for (const name of await namesIn(folder)) await removeEmpty(path.join(folder, name));
  await rmdir(folder).catch(() => undefined);
}
