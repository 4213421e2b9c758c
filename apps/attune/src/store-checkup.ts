import { checkStore, openBlobs, readConfig } from '@attune/platform';
import type { Checkup } from './checkup.js';

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
