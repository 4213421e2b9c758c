import { AppError } from '@attune/core';
import { emptyAccount, type ByteAccount } from '../text/account.js';

/**
 * The account of a dataset that is read member after member. Every member must add up on its own, so that a byte missing
 * here cannot hide behind one too many there.
 */
export class MemberAccounts {
  readonly total: ByteAccount = emptyAccount();

  /** Takes the account of one member of `size` bytes. Throws AppError `engine.failed`, because a gap is a fault of ours. */
  add(account: ByteAccount, size: number): void {
    const bytes = account.header + account.accepted + account.quarantined + account.blank + account.comment;
    if (bytes !== size) throw new AppError('engine.failed', `the reader accounts for ${bytes} bytes of a member of ${size}`);
    for (const part of Object.keys(this.total) as (keyof ByteAccount)[]) this.total[part] += account[part];
  }

  /** Records of the members so far, set aside or not: the next member's are counted on from here. */
  get records(): number {
    return this.total.recordsAccepted + this.total.recordsQuarantined;
  }
}
