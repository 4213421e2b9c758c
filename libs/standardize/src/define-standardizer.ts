import type { Standardizer } from '@attune/core';

/** Gives a standardizer its type; what it has to keep is in the contract of `Standardizer`, and the contract suite tests every registered one. */
export function defineStandardizer<O>(standardizer: Standardizer<O>): Standardizer<O> {
  return standardizer;
}
