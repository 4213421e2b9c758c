import type { FindingCode } from '@attune/core';

/** A record that is set aside whole, with where it lies. Its bytes are never changed in the caller's buffer. */
export interface RejectedRecord {
  readonly code: FindingCode;
  /** 0-based offset of its first byte in the decoded stream, a byte order mark counted. */
  readonly byteOffset: number;
  /** Bytes as received, the line end included. */
  readonly byteLength: number;
  /** 1-based physical line where it starts. */
  readonly line: number;
  /** 1-based ordinal among all records, accepted ones counted. */
  readonly record: number;
  /** 0-based ordinal of the field at fault: the first missing or extra one, or the one with the bad quote or bytes. */
  readonly column?: number;
}

/** Where every byte went. The byte counts add up to the bytes consumed after every read, the records to the ordinals given. */
export interface ByteAccount {
  /** The byte order mark and the header record. */
  header: number;
  accepted: number;
  quarantined: number;
  /** Lines that hold nothing but their line end. */
  blank: number;
  comment: number;
  recordsAccepted: number;
  recordsQuarantined: number;
  blankLines: number;
}

export function emptyAccount(): ByteAccount {
  return { header: 0, accepted: 0, quarantined: 0, blank: 0, comment: 0, recordsAccepted: 0, recordsQuarantined: 0, blankLines: 0 };
}
