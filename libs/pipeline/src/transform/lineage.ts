import type { CarriedLineage, FieldLineage, LineageBody } from '@attune/api';
import type { FieldMapping, Plan } from '@attune/core';
import type { ColumnSketch } from './column-sketch.js';
import type { CompiledColumn } from './compiled-column.js';
import { findingCounts } from './profile.js';

/** What the mapping has done to the values, counted over `records` accepted records: one entry per mapped field and per carried column. */
export function lineageOf(plan: Plan, columns: readonly CompiledColumn[], sketches: readonly ColumnSketch[], records: number): LineageBody {
  const fields: FieldLineage[] = [];
  const carried: CarriedLineage[] = [];
  columns.forEach(({ silver, codes }, c) => {
    const sketch = sketches[c]!;
    const counts = { records, nulls: records - sketch.values, changed: sketch.changed };
    if (silver.role === 'field' && silver.mapping !== undefined)
      fields.push({
        ...origin(silver.mapping, plan.options.standardize_fields),
        ...counts,
        refused: sketch.refused,
        findings: findingCounts(codes, sketch),
      });
    const source = plan.mapping.carried.find(({ ordinal }) => silver.role === 'carried' && ordinal === silver.sources[0]);
    if (source !== undefined) carried.push({ ordinal: source.ordinal, name: source.name, ...counts });
  });
  return { version: 1, entity: plan.mapping.entity, fields, carried };
}

/** How the field is made: what the job does not apply is not told. */
function origin(mapping: FieldMapping, standardize: boolean): Omit<FieldLineage, 'records' | 'nulls' | 'changed' | 'refused' | 'findings'> {
  const { field, from, join, part, expression, constant, values, standardizer, options } = mapping;
  return {
    field,
    from,
    ...(join === undefined ? {} : { join }),
    ...(part === undefined ? {} : { part }),
    ...(expression === undefined ? {} : { expression }),
    ...(constant === undefined ? {} : { constant }),
    ...(values === undefined || !standardize ? {} : { values: Object.keys(values).length }),
    standardizer: standardize ? standardizer : null,
    options: standardize ? options : {},
  };
}
