import { createHash } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';

const sha256 = (bytes) => createHash('sha256').update(bytes).digest('hex');
/** These name the job before them, which is another one for every job. */
const NAMING_JOBS = ['quality', 'report'];

/** What two jobs over the same input leave alike: the hash of the stored bytes, without the ids of jobs. The recorded hash is proven on the way. */
export function contentHash(dataDir, artifact) {
  return hashOfContent(fs.readFileSync(path.join(dataDir, 'blobs', artifact.storage_key)), artifact);
}

/** The same of bytes that were read already. */
export function hashOfContent(bytes, { kind, sha256: recorded }) {
  const stored = sha256(bytes);
  if (stored !== recorded) throw new Error(`${kind}: the stored bytes do not have the recorded hash`);
  return NAMING_JOBS.includes(kind) ? sha256(bytes.toString('utf8').replaceAll(/job_[0-9a-f-]{36}/g, 'job')) : stored;
}
