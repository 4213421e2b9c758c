import { mkdir, mkdtemp, readdir, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describeBlobStore } from './blob-store.fixture.js';
import { FileBlobs } from './file-blobs.js';

describeBlobStore('files', async () => {
  const home = await mkdtemp(path.join(tmpdir(), 'attune-blobs-'));
  const left = async (): Promise<string[]> => {
    const entries = await readdir(home, { recursive: true, withFileTypes: true });
    return entries
      .filter((entry) => entry.isFile())
      .map(({ parentPath, name }) => path.relative(home, path.join(parentPath, name)))
      .sort();
  };
  return { blobs: new FileBlobs(home), left, close: () => rm(home, { recursive: true }) };
});

test('a directory that is none is said to be no store', async () => {
  const home = await mkdtemp(path.join(tmpdir(), 'attune-blobs-'));
  const occupied = path.join(home, 'occupied');
  await writeFile(occupied, '');
  await expect(new FileBlobs(occupied).probe()).rejects.toMatchObject({ code: 'dependency_unavailable' });
  await rm(home, { recursive: true });
});

test('an upload that broke off is removed once nothing was added to it for long enough', async () => {
  const home = await mkdtemp(path.join(tmpdir(), 'attune-blobs-'));
  const blobs = new FileBlobs(home);
  await mkdir(path.join(home, '.incoming'));
  const [old, young] = ['old', 'young'].map((name) => path.join(home, '.incoming', name));
  await writeFile(old!, 'half');
  await writeFile(young!, 'half');
  await utimes(old!, new Date(), new Date(Date.now() - 3_601_000));
  expect(await blobs.sweep(3_600)).toBe(1);
  expect(await readdir(path.join(home, '.incoming'))).toEqual(['young']);
  expect(await blobs.sweep(0)).toBe(1);
  await rm(home, { recursive: true });
});
