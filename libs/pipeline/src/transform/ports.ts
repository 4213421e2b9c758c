/** Takes bytes in order; they are written or copied before the call returns, so that the caller may use its buffer again. */
export interface ByteSink {
  write(bytes: Uint8Array): void;
}

/** Random access to bytes; returns how many bytes were there to read. */
export type ReadBytes = (offset: number, into: Uint8Array) => number;

/**
 * Reads received bytes of the member in work, or of the member that holds record `record` of the dataset; offsets count from the start
 * of the member. Returns how many bytes were there to read.
 */
export type ReadReceived = (offset: number, into: Uint8Array, record?: number) => number;

/** What the transform pass needs of the world. All calls are synchronous: the pass lives in a process that does nothing else. */
export interface TransformPorts {
  /** Canonical rows. `read` sees everything that was written before. */
  readonly part: ByteSink & { readonly read: ReadBytes };
  readonly findings: ByteSink;
  readonly quarantine: ByteSink;
  readonly duplicates: ByteSink;
  /** What the set of different rows remembers, in the order in which it learned it; given where the pass may have to go on elsewhere. */
  readonly entered?: ByteSink;
  /** Given where that set has a budget. */
  readonly late?: LatePort;
  /** Bytes of the decoded input by offset. */
  readonly readInput: ReadReceived;
}

/** For the rows that are late: not in the set of different rows, for which there was no room. */
export interface LatePort {
  /** Bytes that the tables of the set may take. */
  readonly budgetBytes: number;
  /** What is noted of each late row. `read` sees everything that was written before. */
  readonly rows: ByteSink & { readonly read: ReadBytes };
}

/** Where a pass settles which of its late rows are duplicates. What it has written before is only read. */
export interface SettlePorts {
  /** The list of duplicates that the pass has written. */
  readonly listed: ReadBytes;
  /** Blocks are written from the start on, without gaps, and may be written again. `read` sees everything that was written before. */
  readonly survivors: { readonly read: ReadBytes; readonly write: (offset: number, bytes: Uint8Array) => void };
  /** The part and the list of duplicates as they are to be. */
  readonly part: ByteSink;
  readonly duplicates: ByteSink;
}
