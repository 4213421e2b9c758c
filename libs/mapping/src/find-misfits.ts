import type { Entity, Mapping, SampleProfile, SourceColumn } from '@attune/core';
import { checkSample } from './sample-check.js';

/** A column whose values speak against the field it is mapped to. */
export interface Misfit {
  readonly field: string;
  readonly column: SourceColumn;
  /** Counts in words, never a value. */
  readonly reason: string;
}

/** What the sample says against a mapping that somebody has decided. Joined, cut, computed and translated values are not judged by the columns they come from. */
export function findMisfits(mapping: Mapping, entity: Entity, profile: SampleProfile): readonly Misfit[] {
  return mapping.fields.flatMap(({ field: name, from, part, expression, values, standardizer, confidence }): Misfit[] => {
    const field = entity.fields.find((candidate) => candidate.name === name);
    const [column, ...more] = from;
    if (
      field === undefined ||
      column === undefined ||
      more.length > 0 ||
      part !== undefined ||
      expression !== undefined ||
      values !== undefined
    )
      return [];
    const sample = profile.columns.find(({ ordinal }) => ordinal === column.ordinal);
    const { fits, reason } = checkSample({ ...field, standardizer }, confidence, sample);
    return fits ? [] : [{ field: name, column, reason }];
  });
}
