import type { GivenMapping, SourceColumn } from '@attune/core';

type FieldMappingLike = GivenMapping['fields'][number];

/** Members of a field mapping that change what comes out; confidence and reasons do not. */
const MEMBERS = ['from', 'join', 'part', 'expression', 'constant', 'values', 'standardizer', 'options', 'required'] as const;
export type ChangedMember = (typeof MEMBERS)[number];

export interface FieldChange {
  readonly field: string;
  readonly changed: readonly ChangedMember[];
  readonly before: FieldMappingLike;
  readonly after: FieldMappingLike;
}

/** What differs between two mappings, field by field; lists are in the order of the later document, what was removed in that of the earlier. */
export interface MappingDiff {
  readonly entity: { readonly before: string; readonly after: string } | null;
  readonly added: readonly FieldMappingLike[];
  readonly removed: readonly FieldMappingLike[];
  readonly changed: readonly FieldChange[];
  /** Columns that feed a field in one of them only. */
  readonly columns_added: readonly SourceColumn[];
  readonly columns_removed: readonly SourceColumn[];
}

/** JSON with the members in order, so that equal documents have equal texts. */
function canonical(value: unknown): string {
  if (value === undefined) return 'undefined';
  if (value === null || typeof value !== 'object') return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(canonical).join()}]`;
  const members = Object.entries(value).filter(([, member]) => member !== undefined);
  return `{${members
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, member]) => `${JSON.stringify(key)}:${canonical(member)}`)
    .join()}}`;
}

const mappedColumns = (mapping: GivenMapping): ReadonlyMap<number, SourceColumn> =>
  new Map(mapping.fields.flatMap(({ from }) => from.map((column) => [column.ordinal, column] as const)));

const without = (columns: ReadonlyMap<number, SourceColumn>, others: ReadonlyMap<number, SourceColumn>): readonly SourceColumn[] =>
  [...columns.values()].filter(({ ordinal }) => !others.has(ordinal)).toSorted((a, b) => a.ordinal - b.ordinal);

export function diffMappings(before: GivenMapping, after: GivenMapping): MappingDiff {
  const earlier = new Map(before.fields.map((field) => [field.field, field]));
  const later = new Set(after.fields.map(({ field }) => field));
  const changed = after.fields.flatMap((field): FieldChange[] => {
    const was = earlier.get(field.field);
    if (was === undefined) return [];
    const members = MEMBERS.filter((member) => canonical(was[member]) !== canonical(field[member]));
    return members.length === 0 ? [] : [{ field: field.field, changed: members, before: was, after: field }];
  });
  return {
    entity: before.entity === after.entity ? null : { before: before.entity, after: after.entity },
    added: after.fields.filter(({ field }) => !earlier.has(field)),
    removed: before.fields.filter(({ field }) => !later.has(field)),
    changed,
    columns_added: without(mappedColumns(after), mappedColumns(before)),
    columns_removed: without(mappedColumns(before), mappedColumns(after)),
  };
}
