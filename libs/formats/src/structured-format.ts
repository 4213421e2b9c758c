import type { FormatName } from '@attune/core';
import type { Description, TextFacts } from './text/description.js';
import type { ReaderOptions, RecordReader, TextPlan } from './text/record-reader.js';

/** A text whose records are told by a syntax of their own, not by lines and delimiters: one folder, one definition, one line in the registry. */
export interface StructuredFormat {
  readonly name: FormatName;
  /**
   * What the text is, or undefined where it is not written so. Throws AppError `unprocessable_file` for one that is written so but holds
   * no records, and `too_many_columns`.
   */
  readonly describe: (facts: TextFacts) => Description | undefined;
  /** The reader of record of such a text in bytes that extend ASCII; `width` is the number of its columns. */
  readonly open: (plan: TextPlan, width: number, options: ReaderOptions) => RecordReader;
  /** Texts for the contract tests, with the records that they hold: column names, then one array of values a record, null where absent. */
  readonly examples: readonly StructuredExample[];
}

export interface StructuredExample {
  readonly text: string;
  /** So many of its bytes are shown to detection; all of them where nothing is said. */
  readonly sampleBytes?: number | undefined;
  readonly columns: readonly string[];
  readonly records: readonly (readonly (string | null)[])[];
  /** Finding codes of the records that are set aside, in order. */
  readonly rejected?: readonly string[];
}
