import { emptyAccount, MemberAccounts, type ByteAccount, type RecordPlace } from '@attune/formats';
import type { TransformPass } from '@attune/pipeline';
import type { MemberReads } from './member-reads.js';

/** Where between two records a pass over all members can be left and gone on with. */
export interface ReadPlace {
  /** 0-based ordinal of the member in work. */
  readonly member: number;
  /** Where in the member; records are counted over the dataset. Null: at its start. */
  readonly at: RecordPlace | null;
  /** What was read of the member in work, and of all members before it together. */
  readonly account: ByteAccount;
  readonly total: ByteAccount;
  /** Records of the dataset before each of the members before this one. */
  readonly before: readonly number[];
}

/** Who hears how a pass gets on, and where it begins. */
export interface ReadCourse {
  /** So many decoded bytes were consumed. */
  readonly onRead: (bytes: number) => void;
  /** The pass could be left here, after so many decoded bytes. */
  readonly onPlace?: (bytes: number, place: () => ReadPlace) => void;
  /** Where an earlier pass was left; the start of the dataset where nothing is said. */
  readonly from?: ReadPlace | undefined;
}

/** Which member is being read and what was read before, the same for every way of reading. */
export class MemberProgress {
  readonly #reads: MemberReads;
  readonly #pass: TransformPass;
  readonly #course: ReadCourse;
  readonly #accounts = new MemberAccounts();
  readonly #before: number[] = [];
  /** Of the member in work, as far as it was read. */
  account: ByteAccount = emptyAccount();

  constructor(reads: MemberReads, pass: TransformPass, course: ReadCourse) {
    this.#reads = reads;
    this.#pass = pass;
    this.#course = course;
    const { from } = course;
    if (from === undefined) return;
    Object.assign(this.#accounts.total, from.total);
    from.before.forEach((records, ordinal) => this.#announce(ordinal, records));
  }

  /** Ordinal of the member with which reading begins. */
  get first(): number {
    return this.#course.from?.member ?? 0;
  }

  /** Where in that member; undefined at its start. */
  get at(): RecordPlace | undefined {
    return this.#course.from?.at ?? undefined;
  }

  /** Of all members that were read to their end. */
  get total(): ByteAccount {
    return this.#accounts.total;
  }

  /** Records of the members before. */
  get records(): number {
    return this.#accounts.records;
  }

  /** The next member is in work. */
  begin(): void {
    const ordinal = this.#before.length;
    const goesOn = ordinal === this.first && this.at !== undefined;
    this.account = goesOn ? { ...this.#course.from!.account } : emptyAccount();
    this.#announce(ordinal, this.records);
  }

  /** So many bytes of the member were consumed; `at`: the pass could be left there. */
  reached(offset: number, at: RecordPlace | undefined): void {
    const { onRead, onPlace } = this.#course;
    const member = this.#before.length - 1;
    const bytes = this.#reads.members[member]!.start + offset;
    onRead(bytes);
    const before = this.#before.slice(0, member);
    if (at !== undefined) onPlace?.(bytes, () => ({ member, at, account: { ...this.account }, total: { ...this.total }, before }));
  }

  /** The member was read to its end. Throws what `MemberAccounts.add` does. */
  end(): void {
    const { start, size } = this.#reads.members[this.#before.length - 1]!;
    this.#accounts.add(this.account, size);
    const before = this.#before;
    this.#course.onPlace?.(start + size, () => ({
      member: before.length,
      at: null,
      account: emptyAccount(),
      total: { ...this.total },
      before: [...before],
    }));
  }

  #announce(ordinal: number, records: number): void {
    this.#reads.begin(records);
    this.#pass.member(this.#reads.members[ordinal]!.name, records);
    this.#before.push(records);
  }
}

/** Two accounts together. */
export function sumOf(a: ByteAccount, b: ByteAccount): ByteAccount {
  const sum = { ...a };
  for (const part of Object.keys(sum) as (keyof ByteAccount)[]) sum[part] += b[part];
  return sum;
}
