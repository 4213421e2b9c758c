import type { FieldMapping, Plan } from '@attune/core';

export interface FieldSketch extends Partial<Omit<FieldMapping, 'from'>> {
  readonly field: string;
  readonly from: readonly string[];
}

/** A plan over the named columns; columns that no field takes are carried. */
export function planOver(
  names: readonly string[],
  fields: readonly FieldSketch[],
  options: Partial<Plan['options']> = {},
  rest: Partial<Plan> = {},
): Plan {
  const columns = names.map((name, ordinal) => ({ ordinal, name }));
  const taken = new Set(fields.flatMap(({ from }) => from));
  return {
    version: 1,
    mapping: {
      version: 1,
      entity: 'person',
      fields: fields.map((field) => ({
        standardizer: 'text',
        options: {},
        confidence: 1,
        reasons: [],
        ...field,
        from: field.from.map((name) => columns[names.indexOf(name)]!),
      })),
      carried: columns.filter(({ name }) => !taken.has(name)),
    },
    container: 'none',
    encoding: 'utf-8',
    format: 'delimited',
    layout: null,
    json: null,
    table: null,
    dialect: { delimiter: 44, quote: 34, header: true, bom: 0 },
    columns,
    null_tokens: ['n/a'],
    comments: null,
    trailers: null,
    required: [],
    quarantine_limit: 1,
    options: { remove_duplicates: true, standardize_fields: true, validate_schema: true, output_formats: ['csv'], ...options },
    received_at: '2026-01-01T00:00:00Z',
    engine_version: '1',
    ...rest,
  };
}
