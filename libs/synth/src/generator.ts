import type { Row } from './row.js';

/** A maker of invented records: one folder, one `defineGenerator`, one line in the registry. */
export interface Generator {
  /** As on the command line, in the plural. */
  readonly name: string;
  /** What one record is. */
  readonly entity: string;
  readonly description: string;
  /** Names of the columns in order. */
  readonly columns: readonly string[];
  /** Columns of them that are left out without addresses. */
  readonly addressColumns: readonly string[];
  /** Columns that are never quoted and may be padded in a duplicate. */
  readonly paddable: readonly string[];
  /** Column whose value a fault replaces, and a later one that stands before others whatever is left out. */
  readonly breakable: readonly [early: string, later: string, laterWithoutAddress: string];
  /**
   * Makes the writer of original `i` into an empty row: every column, whatever will be left out. What it writes depends on the seed
   * and `i` only. A value is marked quoted where CSV has to quote it.
   */
  readonly originals: (seed: number) => (i: number, row: Row) => void;
}

export function defineGenerator(generator: Generator): Generator {
  return generator;
}
