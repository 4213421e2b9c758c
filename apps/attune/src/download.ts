import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { ApiProblem, type AttuneClient, type JobBody } from '@attune/api';
import { AppError, OUTPUT_FORMATS, type OutputFormat } from '@attune/core';

/** Of files that are not named like their format. */
const EXTENSIONS: Readonly<Partial<Record<OutputFormat, string>>> = { partitioned_parquet: 'parquet.zip' };

/**
 * Writes what a job left into `dir` and answers the names of the files: the results in each of its formats, quarantine.csv,
 * quality.json and manifest.json. A file has its name only once it is whole. `validate` has no results and no manifest;
 * a job that did not complete has only its quarantine, if it came that far.
 */
export async function download(client: AttuneClient, job: JobBody, dir: string, signal: AbortSignal): Promise<string[]> {
  await mkdir(dir, { recursive: true });
  const id = job.job_id;
  const files = ['quarantine.csv'];
  try {
    await writeResult(join(dir, 'quarantine.csv'), await client.quarantineFile(id, 'csv', { signal }), signal);
  } catch (error) {
    // A job that ended before its records were read has no quarantine to leave; an empty file would say that nothing was wrong.
    if (job.status !== 'completed' && error instanceof ApiProblem && error.code === 'conflict_state') return [];
    throw error;
  }
  if (job.status !== 'completed') return files;

  await writeJson(join(dir, 'quality.json'), await client.quality(id, { signal }));
  files.push('quality.json');
  if (job.operation === 'validate') return files;

  for (const format of OUTPUT_FORMATS.filter((known) => job.options.output_formats.includes(known))) {
    const file = `result.${EXTENSIONS[format] ?? format}`;
    await writeResult(join(dir, file), await client.result(id, format, { signal }), signal);
    files.push(file);
  }
  await writeJson(join(dir, 'manifest.json'), await client.manifest(id, { signal }));
  return [...files, 'manifest.json'];
}

/** Writes what arrives into a file that has its name once it is whole; throws `artifact_corrupt` where the checksum does not fit. */
export async function writeResult(path: string, response: Response, signal: AbortSignal): Promise<void> {
  const hash = createHash('sha256');
  const hashed = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      hash.update(chunk);
      done(null, chunk);
    },
  });
  const body = response.body === null ? Readable.from([]) : Readable.fromWeb(response.body);
  const partial = await writePartial(path, [body, hashed], signal);
  const expected = /sha-256=:([^:]+):/.exec(response.headers.get('repr-digest') ?? '')?.[1];
  if (expected !== undefined && expected !== hash.digest('base64')) {
    await rm(partial, { force: true });
    throw new AppError('artifact_corrupt', 'The bytes that arrived do not match the checksum that the server gave.');
  }
  await rename(partial, path);
}

async function writePartial(path: string, streams: readonly (Readable | Transform)[], signal: AbortSignal): Promise<string> {
  const partial = `${path}.partial`;
  try {
    await pipeline([...streams, createWriteStream(partial)], { signal });
  } catch (error) {
    await rm(partial, { force: true });
    throw error;
  }
  return partial;
}

async function writeJson(path: string, value: unknown): Promise<void> {
  await writeFile(path, `${JSON.stringify(value, null, 2)}\n`);
}
