import { QuarantineRecord } from '@attune/api';
import { FINDING_KINDS } from '@attune/core';

/** A line of the quarantine as its clients read it. */
export function quarantineRecord(line: string): QuarantineRecord {
  return QuarantineRecord.parse({ column: null, field: null, ...withMessage(line) });
}

/** Lines hold codes; what a code means is said at the door. */
export function withMessage(line: string): object {
  const received = JSON.parse(line) as { code: keyof typeof FINDING_KINDS };
  return { ...received, message: FINDING_KINDS[received.code].message };
}
