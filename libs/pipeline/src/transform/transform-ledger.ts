import { AppError, ledgerGap, type RowLedger, type StageOutcome } from '@attune/core';
import type { ByteAccount } from '@attune/formats';

/** What the pass itself has counted, beside the reader's account. */
export interface PassCounts {
  /** Rows in the part. */
  readonly out: number;
  /** Accepted records set aside for want of a required field. */
  readonly required: number;
  readonly merged: number;
}

/**
 * The stage's share of the row ledger. Bytes and records that do not add up are our own fault and fail the stage with `engine.failed`.
 * `size` is the number of bytes of the decoded stream.
 */
export function transformLedger(account: ByteAccount, counts: PassCounts, size: number): RowLedger {
  const bytes = account.header + account.accepted + account.quarantined + account.blank + account.comment;
  if (bytes !== size) throw new AppError('engine.failed', `the reader accounts for ${bytes} bytes of ${size}`);
  const ledger: RowLedger = {
    recordsIn: account.recordsAccepted + account.recordsQuarantined,
    recordsOut: counts.out,
    recordsQuarantined: account.recordsQuarantined + counts.required,
    recordsMerged: counts.merged,
    recordsDropped: 0,
    dropReasons: {},
  };
  const gap = ledgerGap(ledger);
  if (gap !== 0) throw new AppError('engine.failed', `the row ledger of transform has a gap of ${gap} records`);
  return ledger;
}

/** Ends the job when more records were set aside than the plan allows; everything else is still committed, so that the user sees why. */
export function quarantineFailure(ledger: RowLedger, limit: number): StageOutcome['failure'] {
  if (ledger.recordsIn === 0 || ledger.recordsQuarantined / ledger.recordsIn <= limit) return undefined;
  return {
    code: 'quarantine.limit',
    detail: `${ledger.recordsQuarantined} of ${ledger.recordsIn} records were quarantined; the plan allows a share of ${limit}`,
  };
}
