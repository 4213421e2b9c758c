import type { OutputFormat } from '@attune/core';
import type { Sql } from '@attune/sql';

/** One target format of a result: one folder, one `defineOutput`, one line in the registry. */
export interface Output {
  readonly name: OutputFormat;
  /** Media type of the file (RFC 6838). */
  readonly contentType: string;
  /** File name extension without the dot. */
  readonly extension: string;
  /**
   * DuckDB statement that writes the columns of silver, in the given order, to `target`. Silver is one Parquet file per shard of the job;
   * the rows of the files follow each other. All columns are written, lineage included; rows keep their order; equal input gives equal bytes.
   */
  readonly copy: (silver: readonly string[], target: string, columns: readonly string[]) => Sql;
  /** True where `copy` would write silver's own bytes again, so that the one file may be handed on. */
  readonly sameAsSilver?: true;
}

export const defineOutput = (output: Output): Output => output;
