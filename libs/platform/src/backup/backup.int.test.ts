import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { appendFile, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { Readable } from 'node:stream';
import { S3Double } from '@attune/testing';
import type { BlobStore } from '../blobs/blob-store.js';
import { FileBlobs } from '../blobs/file-blobs.js';
import type { S3Settings } from '../blobs/s3-bucket.js';
import { openS3 } from '../blobs/s3-store.fixture.js';
import { readBlobsUrl } from '../config/blobs-url.js';
import { BackupRepository } from '../database/backup.repository.js';
import { Database } from '../database/database.js';
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../database/embedded/embedded-postgres.js';
import { JobsRepository } from '../database/jobs.repository.js';
import { migrate } from '../database/migrate.js';
import { mayRemove } from '../database/removal.js';
import { submitSample } from '../database/sample-job.fixture.js';
import { StagesRepository } from '../database/stages.repository.js';
import { TenantsRepository } from '../database/tenants.repository.js';
import { UploadsRepository } from '../database/uploads.repository.js';
import { QUEUE_SETTINGS, queueConnection, RingQueue } from '../queue/backend.js';
import { queueName } from '../queue/queue.module.js';
import { restoreBackup } from './restore-backup.js';
import { takeBackup } from './take-backup.js';

let home: string;
let dataDir: string;
let server: EmbeddedPostgres;
let database: Database;
let blobs: BlobStore;
let folder: string;

beforeAll(async () => {
  home = await mkdtemp(path.join(tmpdir(), 'attune-backup-'));
  dataDir = path.join(home, 'data');
  server = await startEmbeddedPostgres({ dataDir: path.join(dataDir, 'postgres'), durable: false });
  await migrate(server.url);
  await writeFile(path.join(dataDir, 'pepper'), 'pepper of the test');
  database = await Database.open(server.url);
  blobs = new FileBlobs(path.join(dataDir, 'blobs'));
});

beforeEach(() => void (folder = path.join(home, `backup-${randomUUID()}`)));

afterAll(async () => {
  await database.close();
  await server.stop();
  await rm(home, { recursive: true });
});

const backup = (into = folder, from: Pick<BlobStore, 'open'> = blobs) =>
  takeBackup({ folder: into, dataDir, databaseUrl: server.url, database, blobs: from });

async function restore(): Promise<{ target: string; restored: Awaited<ReturnType<typeof restoreBackup>> }> {
  const target = path.join(home, `restored-${randomUUID()}`);
  const store = new FileBlobs(path.join(target, 'blobs'));
  return { target, restored: await restoreBackup({ folder, dataDir: target, blobs: store, queueUrl: undefined, all: true }) };
}

/** Looks into a restored installation. */
async function within<T>(target: string, look: (database: Database, url: string) => Promise<T>): Promise<T> {
  const again = await startEmbeddedPostgres({ dataDir: path.join(target, 'postgres') });
  const opened = await Database.open(again.url);
  try {
    return await look(opened, again.url);
  } finally {
    await opened.close();
    await again.stop();
  }
}

function settingsOf(url: string, keys: { accessKeyId: string; secretAccessKey: string }): S3Settings {
  const config = readBlobsUrl(url, { ...keys, sessionToken: undefined });
  if (config.kind !== 's3') throw new Error('the address names no bucket');
  return config.settings;
}

const put = (store: BlobStore, keyOf: (sha256: string) => string) =>
  store.receive(Readable.from([Buffer.from(randomUUID())]), keyOf, 1_000);

/** A job over bytes of its own. */
async function submitted(store = blobs): Promise<{ tenantId: string; jobId: string; input: string }> {
  const tenantId = await new TenantsRepository(database).ensureTenant('t');
  const { key, ...blob } = await put(store, (hash) => `tenants/${tenantId}/blobs/${hash}`);
  return { ...(await submitSample(database, { tenant: 't', blob: { ...blob, storageKey: key } })), input: key };
}

/** A job that has ended, with received bytes and one artifact; answers their keys. */
async function job(store = blobs): Promise<{ jobId: string; keys: [input: string, artifact: string] }> {
  const { tenantId, jobId, input } = await submitted(store);
  const claim = (await new StagesRepository(database).claim('validator', 'w1'))!;
  const left = await put(store, () => `tenants/${tenantId}/jobs/${jobId}/${claim.stage}/0/${claim.epoch}/detection.json`);
  await new StagesRepository(database).commit(claim, {
    artifacts: [{ kind: 'detection', sha256: left.sha256, bytes: left.bytes, records: null, storageKey: left.key }],
  });
  await new JobsRepository(database).cancel(tenantId, jobId);
  return { jobId, keys: [input, left.key] };
}

/** Writes jobs one after another until it is told to stop; answers those that were there by then, with the time of their last commit. */
function writing(): () => Promise<{ jobId: string; at: string }[]> {
  let going = true;
  const written: { jobId: string; at: string }[] = [];
  const done = (async () => {
    while (going) {
      const { jobId } = await job();
      written.push({ jobId, at: await new BackupRepository(database).now() });
    }
  })();
  return async () => {
    going = false;
    await done;
    return written;
  };
}

test('what was committed before the stop is restored with its bytes, while jobs are written all the time', async () => {
  const stop = writing();
  const manifest = await backup();
  const written = await stop();
  const before = written.filter(({ at }) => at <= manifest.stoppedAt).map(({ jobId }) => jobId);
  expect(before.length).toBeGreaterThan(3);
  expect(manifest.damaged).toBe(0);
  const { target, restored } = await restore();
  expect(restored.verification).toMatchObject({ faults: [], unnamed: { objects: 0 }, named: { objects: manifest.objects.files } });
  expect(await readFile(path.join(target, 'pepper'), 'utf8')).toBe('pepper of the test');
  const found = await within(target, (opened) => opened.query<{ id: string }>('SELECT id FROM attune.jobs'));
  expect(found.map(({ id }) => id)).toEqual(expect.arrayContaining(before));
});

test('a restored installation has forgotten leases, rings and uploads that were not whole', async () => {
  const { tenantId, jobId } = await submitted();
  const claim = (await new StagesRepository(database).claim('validator', 'w1'))!;
  expect(claim.jobId).toBe(jobId);
  const uploads = new UploadsRepository(database);
  await uploads.create({ tenantId, length: 10, name: null, declaredSha256: null, metadata: '', direct: null });
  const queue = (url: string) => new RingQueue(queueName('validator'), { connection: queueConnection(url), ...QUEUE_SETTINGS });
  const rings = queue(server.url);
  await rings.add('ring', {});
  await backup();
  await rings.close();
  await new JobsRepository(database).cancel(tenantId, jobId);

  const { target, restored } = await restore();
  expect(restored).toMatchObject({ leases: 1, uploads: 1 });
  await within(target, async (opened, url) => {
    const restoredQueue = queue(url);
    expect([await restoredQueue.getWaitingCount(), await restoredQueue.isPaused()]).toEqual([0, false]);
    await restoredQueue.close();
    expect(await new StagesRepository(opened).claim('validator', 'w2')).toMatchObject({ jobId, epoch: claim.epoch + 1 });
  });
});

test('what rows name while the backup stops is what they name in it: nobody writes in between', async () => {
  const first = await job();
  let late: ReturnType<typeof job> | undefined;
  const named: string[] = [];
  await new BackupRepository(database).namedDuring(
    async () => {
      late = job();
      const waits = async () =>
        (await database.query(`SELECT 1 FROM pg_locks WHERE NOT granted AND relation = 'attune.blobs'::regclass`)).length > 0;
      while (!(await waits())) await pause(10);
    },
    (page) => Promise.resolve(void named.push(...page.map(({ key }) => key))),
  );
  const { keys } = await late!;
  expect(named).toEqual(expect.arrayContaining(first.keys));
  expect(named).not.toEqual(expect.arrayContaining(keys.slice(0, 1)));
});

test('a removal that is under way ends first, and none begins while objects are copied', async () => {
  const begun = { copying: false };
  const slow: Pick<BlobStore, 'open'> = {
    open: (key) => {
      begun.copying = true;
      return blobs.open(key);
    },
  };
  await job();
  let taken: Promise<unknown> | undefined;
  const tried: boolean[] = [];
  await database.transaction(async (query) => {
    expect(await mayRemove(query)).toBe(true);
    taken = backup(folder, slow);
    await pause(300);
    expect(existsSync(path.join(folder, 'files'))).toBe(false);
  });
  while (!begun.copying) {
    if (existsSync(path.join(folder, 'files'))) tried.push(await database.transaction(mayRemove));
    await pause(20);
  }
  await taken;
  expect(new Set(tried)).toEqual(new Set([false]));
  expect(await database.transaction(mayRemove)).toBe(true);
});

test('objects that were damaged before are left out and counted', async () => {
  const [gone, altered] = [await job(), await job()];
  await blobs.remove(gone.keys[1]);
  await appendFile(path.join(dataDir, 'blobs', altered.keys[1]), 'x');
  const manifest = await backup();
  expect(manifest.damaged).toBe(2);
  const list = await readFile(path.join(folder, 'objects.ndjson'), 'utf8');
  expect([gone, altered].map(({ keys }) => keys.map((key) => list.includes(key)))).toEqual([
    [true, false],
    [true, false],
  ]);
  await database.query('DELETE FROM attune.artifacts WHERE storage_key = ANY($1)', [[gone.keys[1], altered.keys[1]]]);
});

test('a backup that was altered is found out wherever it was, and nothing is restored', async () => {
  const { keys } = await job();
  await backup();
  const refused: [place: string, bytes: 'more' | 'none', code: string][] = [
    ['files/postgres/global/pg_control', 'more', 'artifact_corrupt'],
    [`objects/${keys[0]}`, 'none', 'artifact_corrupt'],
    ['objects.ndjson', 'more', 'artifact_corrupt'],
    ['files.ndjson', 'none', 'artifact_corrupt'],
    ['manifest.json', 'more', 'validation_failed'],
  ];
  for (const [place, bytes, code] of refused) {
    const file = path.join(folder, place);
    const whole = await readFile(file);
    await (bytes === 'more' ? appendFile(file, 'x') : rm(file));
    const target = path.join(home, `restored-${randomUUID()}`);
    const store = new FileBlobs(path.join(target, 'blobs'));
    const asked = restoreBackup({ folder, dataDir: target, blobs: store, queueUrl: undefined, all: false });
    expect([place, bytes, await asked.catch((error: unknown) => error)]).toEqual([place, bytes, expect.objectContaining({ code })]);
    expect(await readdir(target).catch(() => [])).toEqual([]);
    await writeFile(file, whole);
  }
});

test('neither a backup nor a restore touches a place that is not empty', async () => {
  const used = path.join(home, 'used');
  await mkdir(used);
  await writeFile(path.join(used, 'mine'), '');
  await expect(backup(used)).rejects.toMatchObject({ code: 'validation_failed' });
  await backup();
  const into = (target: string, store: BlobStore) =>
    restoreBackup({ folder, dataDir: target, blobs: store, queueUrl: undefined, all: false });
  await expect(into(used, new FileBlobs(path.join(home, 'nothing')))).rejects.toMatchObject({ code: 'validation_failed' });
  expect(await readdir(used)).toEqual(['mine']);
  await expect(into(path.join(home, 'new'), blobs)).rejects.toMatchObject({ code: 'validation_failed' });
  expect(existsSync(path.join(home, 'new'))).toBe(false);
});

test('a database whose files are not here is refused', async () => {
  const asked = takeBackup({ folder, dataDir: path.join(home, 'elsewhere'), databaseUrl: server.url, database, blobs });
  await expect(asked).rejects.toMatchObject({ code: 'validation_failed', detail: expect.stringContaining('pg_basebackup') as string });
});

test('objects of a bucket are backed up and restored into another one', async () => {
  const double = await S3Double.start();
  const settings = settingsOf(double.url('backups'), double.credentials);
  const [from, into] = [openS3(settings), openS3(settings)];
  try {
    const { keys } = await job(from.blobs);
    await backup(folder, { open: (key) => (keys.includes(key) ? from.blobs : blobs).open(key) });
    const target = path.join(home, `restored-${randomUUID()}`);
    const { verification } = await restoreBackup({ folder, dataDir: target, blobs: into.blobs, queueUrl: undefined, all: true });
    expect(verification.faults).toEqual([]);
    expect(await into.left()).toEqual(expect.arrayContaining(keys));
    await database.query('DELETE FROM attune.artifacts WHERE storage_key = ANY($1)', [keys]);
    await database.query('UPDATE attune.blobs SET removed_at = now() WHERE storage_key = ANY($1)', [keys]);
  } finally {
    await from.close();
    await into.close();
    await double.close();
  }
});
