import { emptyAccount } from '../text/account.js';
import { MemberAccounts } from './member-account.js';

test('accounts of members add up, and the records of one are counted on in the next', () => {
  const accounts = new MemberAccounts();
  accounts.add({ ...emptyAccount(), header: 3, accepted: 10, blank: 1, recordsAccepted: 2, blankLines: 1 }, 14);
  expect(accounts.records).toBe(2);
  accounts.add({ ...emptyAccount(), header: 3, quarantined: 4, comment: 2, recordsQuarantined: 1 }, 9);
  expect(accounts.records).toBe(3);
  expect(accounts.total).toMatchObject({ header: 6, accepted: 10, quarantined: 4, blank: 1, comment: 2, recordsAccepted: 2 });
});

test('a byte missing in one member is not made good by one too many in another', () => {
  const accounts = new MemberAccounts();
  expect(() => accounts.add({ ...emptyAccount(), accepted: 9 }, 10)).toThrow('engine.failed');
});
