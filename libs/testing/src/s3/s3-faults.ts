/** What a request asks for, by the name S3 gives it. */
export type S3Operation =
  | 'PutObject'
  | 'GetObject'
  | 'HeadObject'
  | 'DeleteObject'
  | 'DeleteObjects'
  | 'CopyObject'
  | 'ListObjectsV2'
  | 'HeadBucket'
  | 'CreateMultipartUpload'
  | 'UploadPart'
  | 'UploadPartCopy'
  | 'ListParts'
  | 'CompleteMultipartUpload'
  | 'AbortMultipartUpload'
  | 'ListMultipartUploads';

/**
 * What goes wrong.
 * - `error`: 500 InternalError, nothing was done · `slow_down`: 503 SlowDown, nothing was done · `full`: 507, nothing was done
 * - `hang`: no answer for `hangMs` (30 s unless told), then as if nothing had been
 * - `lost_response`: done, and the connection breaks before the answer
 * - `reset`: a GET breaks off in the middle · `truncated`: a GET leaves its end out and says so nowhere: Content-Length and
 *   Content-Range fit the shorter body · `flipped_bit`: one bit of a GET differs
 * - `completed_twice`: something in between sends the completion twice and hands on the second answer
 * - `part_missing`: a completion answers 200 and leaves the last part out
 */
export type S3FaultKind =
  'error' | 'slow_down' | 'full' | 'hang' | 'lost_response' | 'reset' | 'truncated' | 'flipped_bit' | 'completed_twice' | 'part_missing';

export interface S3Fault {
  readonly kind: S3FaultKind;
  /** Absent: every operation that the kind can happen to. */
  readonly operations?: readonly S3Operation[];
  /** How often it strikes; absent: always. */
  readonly times?: number;
  /** Share of the requests it strikes, 0 to 1; absent: all. */
  readonly rate?: number;
  readonly hangMs?: number;
}

const ONLY: Partial<Record<S3FaultKind, S3Operation>> = {
  reset: 'GetObject',
  truncated: 'GetObject',
  flipped_bit: 'GetObject',
  completed_twice: 'CompleteMultipartUpload',
  part_missing: 'CompleteMultipartUpload',
};

/** The faults that are switched on; a seed makes their dice fall the same way each time. */
export class S3Faults {
  #faults: { fault: S3Fault; left: number }[] = [];
  #state: number;

  constructor(seed = 1) {
    this.#state = seed;
  }

  add(fault: S3Fault): void {
    this.#faults.push({ fault, left: fault.times ?? Infinity });
  }

  clear(): void {
    this.#faults = [];
  }

  /** The first fault that strikes this request. */
  strike(operation: S3Operation): S3Fault | undefined {
    for (const entry of this.#faults) {
      const { fault } = entry;
      const only = ONLY[fault.kind];
      if (entry.left === 0 || (only !== undefined && only !== operation)) continue;
      if (fault.operations !== undefined && !fault.operations.includes(operation)) continue;
      if (fault.rate !== undefined && this.#dice() >= fault.rate) continue;
      entry.left--;
      return fault;
    }
    return undefined;
  }

  /** mulberry32: 0 to 1. */
  #dice(): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let t = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  }
}
