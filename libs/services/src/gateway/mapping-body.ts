import type { MappingSummary, MappingTestBody, StoredMappingBody } from '@attune/api';
import { Mapping, prefixed } from '@attune/core';
import { tallyFields } from '@attune/pipeline';
import type { StoredMapping, TransformSampleResponse } from '@attune/platform';

export function mappingSummary({ id, version, name, entity, createdAt }: StoredMapping): MappingSummary {
  return { mapping_id: prefixed('map', id), version, name, entity, created_at: new Date(createdAt).toISOString() };
}

export function mappingBody(stored: StoredMapping): StoredMappingBody {
  return { ...mappingSummary(stored), mapping: stored.document };
}

/** What a mapping made of a sample, record by record and field by field. `sample` and `findings` are told as in a preview. */
export function mappingTestBody(
  stored: StoredMapping,
  tried: TransformSampleResponse,
  told: Pick<MappingTestBody, 'sample' | 'findings'>,
): MappingTestBody {
  return {
    mapping_id: prefixed('map', stored.id),
    version: stored.version,
    sample: told.sample,
    fields: tallyFields(Mapping.parse(JSON.parse(tried.mapping_json)), told.sample.data),
    findings: told.findings,
  };
}
