import { AppError, LINEAGE_COLUMNS, type Entity, type Field, type FieldMapping, type Plan, type ValueType } from '@attune/core';

/** Types of DuckDB and Parquet that silver knows. */
export type StoredType = 'VARCHAR' | 'DATE' | 'BOOLEAN' | 'BIGINT';

/** One column of silver, in the order in which it is stored and published. */
export interface SilverColumn {
  /** Unique in the table, upper and lower case taken as equal, as DuckDB does. */
  readonly name: string;
  readonly type: StoredType;
  readonly role: 'field' | 'carried' | 'identity' | 'lineage';
  /** 0-based ordinals of the source columns in the order in which their values are joined; none for an unmapped field, a constant and lineage. */
  readonly sources: readonly number[];
  /** Where the values of a field come from; absent where nothing is mapped to it. */
  readonly mapping?: FieldMapping;
  /** How values are made canonical; absent where they are kept as received. */
  readonly standardizer?: { readonly name: string; readonly options: Readonly<Record<string, unknown>> };
}

/** All others are text, which loses nothing: a decimal keeps its digits, a time its zone and the precision it was received with. */
const STORED_TYPES: Readonly<Partial<Record<ValueType, StoredType>>> = {
  date: 'DATE',
  boolean: 'BOOLEAN',
  integer: 'BIGINT',
  money: 'BIGINT',
};

/**
 * Every column of silver: the fields of the entity in schema order, then the carried columns in source order as `source.<header>`,
 * then the lineage columns. A repeated header becomes `source.<header>.2`, an empty one `source.column_<ordinal + 1>`;
 * the first free number is taken, so that the names are the same for the same plan whatever the headers are.
 */
export function silverColumns(plan: Plan, entity: Entity): readonly SilverColumn[] {
  const unknown = plan.mapping.fields.find(({ field }) => !entity.fields.some(({ name }) => name === field));
  if (unknown !== undefined) throw new AppError('plan.unresolved', `the entity ${entity.name} has no field ${unknown.field}`);
  return [
    ...entity.fields.map((field) => fieldColumn(plan, field)),
    ...carriedColumns(plan),
    ...LINEAGE_COLUMNS.map((name): SilverColumn => ({ name, type: 'BIGINT', role: 'lineage', sources: [] })),
  ];
}

function fieldColumn(plan: Plan, field: Field): SilverColumn {
  const mapping = plan.mapping.fields.find((candidate) => candidate.field === field.name);
  const type = plan.options.standardize_fields ? (STORED_TYPES[field.type] ?? 'VARCHAR') : 'VARCHAR';
  if (mapping === undefined) return { name: field.name, type, role: 'field', sources: [] };
  const sources = mapping.from.map(({ ordinal }) => ordinal);
  const column: SilverColumn = { name: field.name, type, role: 'field', sources, mapping };
  return plan.options.standardize_fields ? { ...column, standardizer: { name: mapping.standardizer, options: mapping.options } } : column;
}

function carriedColumns(plan: Plan): readonly SilverColumn[] {
  const taken = new Set<string>();
  const inOrder = [...plan.mapping.carried].sort((a, b) => a.ordinal - b.ordinal);
  return inOrder.map(({ ordinal, name: header }): SilverColumn => {
    const wanted = `source.${plainName(header) || `column_${ordinal + 1}`}`;
    let name = wanted;
    for (let nth = 2; taken.has(name.toLowerCase()); nth++) name = `${wanted}.${nth}`;
    taken.add(name.toLowerCase());
    return { name, type: 'VARCHAR', role: 'carried', sources: [ordinal] };
  });
}

/** Headers come from strangers: control characters have no place in the name of a column, and SQL text cannot hold a NUL. */
function plainName(header: string): string {
  return header.replaceAll(/[\u0000-\u001f\u007f]/g, '').trim();
}
