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
  readonly reasons: readonly string[];
}
