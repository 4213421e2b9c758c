import type { DecodedInput, DecodedMember } from '../container/decoded-input.js';

/** The members of the input, read one after another, and what of them is read again. Offsets count from the start of the member. */
export class MemberReads {
  readonly members: readonly DecodedMember[];
  readonly #input: DecodedInput;
  /** Ordinal in the dataset of the record before each member's first one, of the members begun so far. */
  readonly #recordsBefore: number[] = [];

  constructor(input: DecodedInput) {
    this.#input = input;
    this.members = input.members;
  }

  /** The next member is in work; `records` were read before it. */
  begin(records: number): void {
    this.#recordsBefore.push(records);
  }

  /** Reads bytes of a member, never beyond its end; returns how many were there. */
  read({ start, size }: DecodedMember, offset: number, into: Uint8Array): number {
    return this.#input.read(start + offset, into.subarray(0, Math.max(0, Math.min(into.length, size - offset))));
  }

  /** Reads received bytes of the member in work, or of the one that holds the record. */
  readonly readReceived = (offset: number, into: Uint8Array, record?: number): number => {
    let at = this.#recordsBefore.length - 1;
    if (record !== undefined) while (at > 0 && this.#recordsBefore[at]! >= record) at--;
    return this.read(this.members[at]!, offset, into);
  };
}
