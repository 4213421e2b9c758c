/**
 * What a column of an entity holds once it is canonical. `decimal` and `text` are text; money is integer cents; a `timestamp` is text
 * too (ISO 8601), because it keeps its precision, down to a date alone, and whether the source said the offset from UTC.
 */
export type ValueType = 'text' | 'date' | 'timestamp' | 'boolean' | 'integer' | 'decimal' | 'money';

export interface Field {
  readonly name: string;
  readonly type: ValueType;
  /** Name of the standardizer that makes a value canonical; resolved in the plan stage. */
  readonly standardizer: string;
  readonly description: string;
  /** Counted in the completeness score: a person without it is not whole. */
  readonly essential?: boolean;
}

/** One thing of the canonical model. A result holds every field in this order, then the carried columns, then the lineage columns. */
export interface Entity {
  readonly name: string;
  readonly plural: string;
  readonly fields: readonly Field[];
}

/** Columns that say where a record came from; the last three of every silver table. */
export const LINEAGE_COLUMNS = ['_record', '_byte_offset', '_line'] as const;
