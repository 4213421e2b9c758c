import { AppError, type ArtifactKind } from '@attune/core';
import type { ArtifactsRepository, BlobStore, JobDetail, StoredArtifact } from '@attune/platform';

/** Largest artifact that is read into memory: plans and indices are small. */
const LARGEST_BYTES = 64 * 1024 * 1024;

/**
 * The artifact as it may be read now.
 * @throws AppError result_not_ready while it may still come, conflict_state when it never will.
 */
export async function artifactOf(artifacts: ArtifactsRepository, { job }: JobDetail, kind: ArtifactKind): Promise<StoredArtifact> {
  const published = kind.startsWith('result_') || kind === 'manifest';
  // A resubmission that came to nothing leaves what was published before it.
  const found = published && job.completed_at === null ? undefined : await artifacts.find(job.tenant_id, job.id, kind);
  if (found) return found;
  if (job.completed_at === null) throw new AppError('result_not_ready', `the job is ${job.status}`);
  throw new AppError('conflict_state', `the job is ${job.status} and has left no such thing`);
}

/** The value of a small JSON artifact. @throws AppError artifact_corrupt */
export async function readJsonArtifact(blobs: BlobStore, artifact: StoredArtifact): Promise<unknown> {
  if (artifact.bytes > LARGEST_BYTES) throw new AppError('artifact_corrupt', `${artifact.kind} is too large to be read`);
  const chunks: Buffer[] = [];
  for await (const chunk of blobs.open(artifact.storageKey) as AsyncIterable<Buffer>) chunks.push(chunk);
  return JSON.parse(Buffer.concat(chunks).toString('utf8')) as unknown;
}
