import type { SourceColumn } from '@attune/core';
import type { NameCandidate } from './name-candidate.js';

/** What is thought of one column, before columns compete for a field. */
export interface Assessment {
  readonly column: SourceColumn;
  readonly words: readonly string[];
  readonly name: NameCandidate | undefined;
  /** 0 to 1, three decimals. */
  readonly confidence: number;
  /** False: the values of the sample speak against the candidate. */
  readonly fits: boolean;
  /** The sample holds no value of the column. */
  readonly empty: boolean;
  /** The values speak for the candidate, and for little else. */
  readonly supported: boolean;
  /** Standardizer of the candidate. */
  readonly standardizer?: string;
  /** The telling form that the values have, whether it is that of the candidate or not. */
  readonly looksLike?: string;
  readonly reasons: readonly string[];
}
