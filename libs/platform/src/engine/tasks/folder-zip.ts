import { createWriteStream } from 'node:fs';
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import yazl from 'yazl';

/** The same for all files, so that equal files give equal bytes: the first time that a zip can hold. */
const TIME = new Date(Date.UTC(1980, 0, 1));
const FILE_MODE = 0o100644;

/** Puts the files under a folder into one zip, stored as they are, in order of their paths, and removes the folder. */
export async function zipFolder(folder: string, target: string): Promise<void> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const paths = entries.filter((entry) => entry.isFile()).map(({ parentPath, name }) => join(parentPath, name).slice(folder.length + 1));
  const zip = new yazl.ZipFile();
  for (const path of paths.sort()) zip.addFile(join(folder, path), path, { mtime: TIME, mode: FILE_MODE, compress: false });
  zip.end();
  await pipeline(zip.outputStream, createWriteStream(target, { flags: 'wx', mode: 0o600 }));
  await rm(folder, { recursive: true });
}
