import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';

/** A small file system of its own in place of a folder, in memory. @throws Error when this account may not mount one */
export function mount(folder, bytes) {
  const { status, stderr } = spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${bytes}`, 'tmpfs', folder], { encoding: 'utf8' });
  if (status !== 0) throw new Error(`mount: ${stderr}`);
}

/** Whoever still uses it keeps it; for everybody else the folder is what it was. */
export const unmount = (folder) => spawnSync('umount', ['-l', folder]);

/** Why no small disk can be made here, or undefined. */
export function needsMount() {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'attune-mount-'));
  try {
    mount(folder, 65_536);
    unmount(folder);
    return undefined;
  } catch {
    return 'a small file system can be mounted by root only';
  } finally {
    fs.rmdirSync(folder);
  }
}

/** Somebody else takes all of the disk but so many bytes. Answers how to give it back. */
export function fill(folder, left = 0) {
  const file = path.join(folder, 'others');
  const { bavail, bsize } = fs.statfsSync(folder);
  try {
    fs.writeFileSync(file, Buffer.alloc(Math.max(0, bavail * bsize - left)));
  } catch (error) {
    // Whoever uses the disk has taken some of it since: it is full all the same.
    if (error.code !== 'ENOSPC') throw error;
  }
  return () => fs.rmSync(file, { force: true });
}
