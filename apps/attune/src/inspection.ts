import { DEFAULT_INFLATED_LIMIT } from '@attune/formats';
import type { FileInspection } from '@attune/platform';
import { stat } from 'node:fs/promises';
import { UsageError } from './arguments.js';

/** Inspects a file on this machine; UsageError when it cannot be read, AppError when it is nothing that Attune reads. */
export async function inspectionOf(path: string): Promise<FileInspection> {
  const state = await stat(path).catch((cause: unknown) => {
    throw new UsageError(`${path} cannot be read.`, { cause });
  });
  if (!state.isFile()) throw new UsageError(`${path} is not a file.`);
  const { inspectFile } = await import('@attune/platform/inspect-file');
  return inspectFile(path, { inflatedBytes: DEFAULT_INFLATED_LIMIT });
}
