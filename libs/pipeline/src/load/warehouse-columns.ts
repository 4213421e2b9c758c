import type { Entity, ValueType } from '@attune/core';

/** A column of a table of the warehouse, with its type as Postgres writes it. */
export interface WarehouseColumn {
  readonly name: string;
  readonly type: string;
}

const column = (name: string, type: string): WarehouseColumn => ({ name, type });

/** What says where a row came from, which load brought it, and from when to when it was so; the same in every table, before the fields. */
export const PROVENANCE_COLUMNS: readonly WarehouseColumn[] = [
  column('tenant_id', 'uuid'),
  column('data_source', 'text'),
  column('dataset_id', 'uuid'),
  column('source_record_id', 'bigint'),
  column('job_id', 'uuid'),
  column('batch_id', 'integer'),
  column('file_name', 'text'),
  column('ingest_datetime', 'timestamp with time zone'),
  column('row_hash', 'text'),
  column('valid_from', 'timestamp with time zone'),
  column('valid_to', 'timestamp with time zone'),
  column('is_deleted', 'boolean'),
];

/** Columns of the source that became no field, by their header. */
const CARRIED = column('carried', 'jsonb');

/** Nothing is lost: a decimal keeps its digits, money is whole cents, and a time is text because it keeps its precision and its zone. */
const FIELD_TYPES: Readonly<Record<ValueType, string>> = {
  text: 'text',
  date: 'date',
  timestamp: 'text',
  boolean: 'boolean',
  integer: 'bigint',
  decimal: 'numeric',
  money: 'bigint',
};

const fieldColumns = ({ fields }: Entity): readonly WarehouseColumn[] => fields.map(({ name, type }) => column(name, FIELD_TYPES[type]));

/** Every column of the entity's table, in its order. */
export const warehouseColumns = (entity: Entity): readonly WarehouseColumn[] => [...PROVENANCE_COLUMNS, ...fieldColumns(entity), CARRIED];

/** Names of the columns that follow from the result alone, in the order of the file of rows and of a staging table. */
export const loadedColumns = (entity: Entity): readonly string[] => [
  'source_record_id',
  'row_hash',
  ...entity.fields.map(({ name }) => name),
  CARRIED.name,
];
