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
  /** Bytes of the decoded input by offset. */
  readonly readInput: ReadReceived;
}
