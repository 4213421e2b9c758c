/** What a column of an entity holds once it is canonical. `decimal` and `text` are text; money is integer cents. */
export type ValueType = 'text' | 'date' | 'boolean' | 'integer' | 'decimal' | 'money';

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
