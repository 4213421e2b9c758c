import { AppError, bareId, type GivenMapping } from '@attune/core';
import type { MappingsRepository } from '@attune/platform';

const invalid = (code: string, message: string): AppError =>
  new AppError('validation_failed', message, { errors: [{ pointer: '/options/mapping_id', code, message }] });

/**
 * The mapping that a job is told to obey: the one in its options, or a copy of the latest version of a kept one.
 * @throws AppError validation_failed when both are given, or there is no such mapping
 */
export async function jobMapping(
  mappings: MappingsRepository,
  tenantId: string,
  { mapping, mapping_id: id }: { readonly mapping?: GivenMapping | undefined; readonly mapping_id?: string | undefined },
): Promise<GivenMapping | null> {
  if (id === undefined) return mapping ?? null;
  if (mapping !== undefined) throw invalid('conflict', 'Give a mapping, or the id of one that is kept.');
  const bare = bareId('map', id);
  try {
    if (bare !== undefined) return (await mappings.find(tenantId, bare)).document;
  } catch (error) {
    if (!(error instanceof AppError) || error.code !== 'not_found') throw error;
  }
  throw invalid('mapping.unknown', 'There is no such mapping.');
}
