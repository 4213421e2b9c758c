import type { OutputFormat } from '@attune/core';
import type { Sql } from '@attune/sql';

/** A column of silver, as an output sees it. */
export interface ResultColumn {
  readonly name: string;
  /** Text; what it holds is not proven by a type. */
  readonly isText: boolean;
}

/** What a job may say of its outputs. */
export interface OutputOptions {
  /** Texts that a spreadsheet would calculate get an apostrophe in front (see `spreadsheetText`). */
  readonly defuseFormulas: boolean;
  /** Columns that rows are parted by; none where nothing is said. */
  readonly partitionBy: readonly string[];
}

interface Target {
  readonly name: OutputFormat;
  /** Media type of the file (RFC 6838). */
  readonly contentType: string;
  /** File name extension without the dot. */
  readonly extension: string;
}

/** A result in one file. */
export interface FileOutput extends Target {
  /**
   * DuckDB statement that writes the columns of silver, in the given order, to `target`. Silver is one Parquet file per shard of the job;
   * the rows of the files follow each other. All columns are written, lineage included; rows keep their order; equal input gives equal bytes.
   */
  readonly copy: (silver: readonly string[], target: string, columns: readonly ResultColumn[], options: OutputOptions) => Sql;
  /** True where `copy` would write silver's own bytes again, so that the one file may be handed on. */
  readonly sameAsSilver?: true;
  /** True where texts that a spreadsheet would calculate are defused; columns without any may be given as no text, which costs less. */
  readonly defuses?: true;
  /** True where `copy` writes delimited text, of which a workbook is then made (see `SheetRows`). */
  readonly workbook?: true;
  readonly folder?: undefined;
}

/** A result in several files, which are delivered as one zip. */
export interface FolderOutput extends Target {
  /** Throws AppError `plan.unresolved` for options that name no column. */
  readonly folder: (silver: readonly string[], columns: readonly ResultColumn[], options: OutputOptions) => FolderPlan;
}

export interface FolderPlan {
  /** What has to be asked of silver before; its answer is rows of texts. */
  readonly question?: Sql;
  /** The statements, to be executed in one thread; each begins with an empty folder of its own. Throws AppError where the answer forbids the output. */
  readonly copies: (answer: readonly (readonly (string | null)[])[]) => readonly FolderCopy[];
}

export interface FolderCopy {
  /** Path of the folder, relative. */
  readonly folder: string;
  /** `folder` is the absolute path of the folder. */
  readonly copy: (folder: string) => Sql;
}

/** One target format of a result: one folder, one `defineOutput`, one line in the registry. */
export type Output = FileOutput | FolderOutput;

export const defineOutput = <One extends Output>(output: One): One => output;
