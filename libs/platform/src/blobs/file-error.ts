import { AppError } from '@attune/core';

/** A failure of a file system in our words; what is no such failure stays as it is. */
export function translateFile(error: unknown): unknown {
  if (error instanceof AppError) return error;
  const { code } = error as NodeJS.ErrnoException;
  if (code === 'ENOSPC' || code === 'EDQUOT') return new AppError('storage_full', 'the blob store is full', { cause: error });
  if (code === 'ENOENT') return new AppError('artifact_corrupt', 'stored bytes are missing', { cause: error });
  if (code !== undefined && /^E[A-Z]+$/.test(code))
    return new AppError('dependency_unavailable', 'the blob store does not work', { cause: error });
  return error;
}
