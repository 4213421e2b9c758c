import type { EntitySchemaColumnOptions, EntitySchemaOptions } from 'typeorm';

/** Schema of every table of ours. */
export const SCHEMA = 'attune';

type Column = EntitySchemaColumnOptions;

const plain = (type: Column['type']) => (): Column => ({ type });

export const uuid = plain('uuid');
export const text = plain('text');
export const integer = plain('integer');
export const bigint = plain('bigint');
export const double = plain('double precision');
export const boolean = plain('boolean');
export const bytes = plain('bytea');
export const json = plain('jsonb');
export const time = plain('timestamp with time zone');

export const optional = (column: Column): Column => ({ ...column, nullable: true });

/** `value` is what SQL would say after DEFAULT, a text without its quotes. */
export const withDefault = (column: Column, value: string | number | boolean): Column => ({ ...column, default: value });

/** A time that the database clock fills in. */
export const timeOfInsert = (): Column => ({ ...time(), default: () => 'now()' });

/** Part of the primary key of `table`, in the order of the columns. */
export const key = (table: string, column: Column): Column => ({ ...column, primary: true, primaryKeyConstraintName: `${table}_pkey` });

/** A foreign key with the name that Postgres itself would give. */
export function references(
  table: string,
  names: readonly string[],
  target: string,
  targetNames: readonly string[] = ['id'],
): NonNullable<EntitySchemaOptions<unknown>['foreignKeys']>[number] {
  return { name: `${table}_${names.join('_')}_fkey`, target, columnNames: [...names], referencedColumnNames: [...targetNames] };
}
