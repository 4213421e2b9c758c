import { AppError } from '@attune/core';
import { type Checkup, checkStore, Database, openBlobs, preflight, readConfig } from '@attune/platform';

/** The bucket of the settings, one capability after another. */
export async function* checkS3(): AsyncGenerator<Checkup> {
  const { blobs } = readConfig();
  if (blobs.kind !== 's3') {
    yield { what: 'ATTUNE_BLOBS_URL', state: 'fail', found: 'names no bucket', remedy: 'Set it to s3://bucket/prefix?region=…' };
    return;
  }
  const { bucket, prefix, endpoint = 'AWS' } = blobs.settings;
  yield { what: 'bucket', state: 'ok', found: `${[bucket, prefix].filter(Boolean).join('/')} at ${endpoint}` };
  for await (const { what, passed, found } of checkStore(await openBlobs(blobs))) {
    if (passed) yield { what, state: 'ok', found };
    else
      yield { what, state: 'fail', found, remedy: 'See the section on S3 of docs/how-to-own-servers.md for what the bucket must allow.' };
  }
}

/** The database of the settings, and the queue, as a service looks at them before it starts. */
export async function checkDatabase(databaseUrl: string): Promise<readonly Checkup[]> {
  try {
    const database = await Database.open(databaseUrl, 1);
    try {
      return await preflight(database, readConfig().queueUrl ?? databaseUrl);
    } finally {
      await database.close();
    }
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    return [{ what: 'database', state: 'fail', found: error.detail, remedy: 'Look at ATTUNE_DATABASE_URL and at the server it names.' }];
  }
}
