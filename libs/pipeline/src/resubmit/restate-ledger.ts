import type { RowLedger } from '@attune/core';

/** What has become of the mended records. */
export interface MendedCounts {
  /** The pass over them alone. */
  readonly pass: RowLedger;
  /** Rows of that pass that are in the result already. */
  readonly mergedEarlier: number;
}

/** The stage's ledger over all shards: as many records as ever came in, fewer of them in quarantine. */
export function restatedLedger(earlier: RowLedger, { pass, mergedEarlier }: MendedCounts): RowLedger {
  return {
    ...earlier,
    recordsOut: earlier.recordsOut + pass.recordsOut - mergedEarlier,
    recordsQuarantined: earlier.recordsQuarantined - pass.recordsIn + pass.recordsQuarantined,
    recordsMerged: earlier.recordsMerged + pass.recordsMerged + mergedEarlier,
  };
}
