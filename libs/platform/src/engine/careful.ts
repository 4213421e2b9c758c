import { closeSync, openSync, readFileSync, writeSync } from 'node:fs';
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Batch, ByteAccount, RejectedRecord } from '@attune/formats';

/** Records that are worked on at a time: as many are set aside for one that crashes the engine. */
export const CAREFUL_RECORDS = 16;
const MARK = 'careful.mark';

/** Ordinals of the first records of pieces that were seen to crash the engine. */
export interface Careful {
  readonly avoid: readonly number[];
}

/**
 * The way through an input that crashes the engine: in small pieces, each noted on disk before it is worked on, so that whoever outlives the
 * process knows which one it was. Pieces that are known to crash are set aside unseen.
 */
export class CarefulWay {
  readonly #avoid: ReadonlySet<number>;
  readonly #fd: number;
  readonly #mark = new Float64Array(1);

  constructor(scratch: string, { avoid }: Careful) {
    this.#avoid = new Set(avoid);
    this.#fd = openSync(join(scratch, MARK), 'w', 0o600);
  }

  /** Notes that the piece is about to be worked on; true: it is to be set aside instead. */
  begin(first: number): boolean {
    this.#mark[0] = first;
    writeSync(this.#fd, this.#mark, 0, this.#mark.byteLength, 0);
    return this.#avoid.has(first);
  }

  /** What happens from now on is not the fault of any piece. */
  end(): void {
    this.begin(0);
    closeSync(this.#fd);
  }
}

/** The first record of the piece that a process was at when it died; undefined where it was at none. */
export function readMark(scratch: string): number | undefined {
  try {
    const bytes = readFileSync(join(scratch, MARK));
    return bytes.length === Float64Array.BYTES_PER_ELEMENT ? bytes.readDoubleLE() || undefined : undefined;
  } catch {
    return undefined; // it did not come so far
  }
}

/** Removes what a process that died has left in its scratch directory, but for what it was given. */
export async function clearAttempt(scratch: string): Promise<void> {
  for (const name of await readdir(scratch)) if (!name.startsWith('in.')) await rm(join(scratch, name), { recursive: true, force: true });
}

/** The records of a batch as rejected ones, in order with those that the reader has rejected; the batch is empty then. */
export function setAside(batch: Batch, rejected: readonly RejectedRecord[]): { rejected: readonly RejectedRecord[]; moved: ByteAccount } {
  const all = [...rejected];
  let bytes = 0;
  for (let r = 0; r < batch.n; r++) {
    const [byteOffset, byteLength, line, record] = [batch.byteOffset[r]!, batch.byteLength[r]!, batch.line[r]!, batch.record[r]!];
    all.push({ code: 'record.parser_crash', byteOffset, byteLength, line, record });
    bytes += byteLength;
  }
  const moved = { header: 0, accepted: -bytes, quarantined: bytes, blank: 0, comment: 0, blankLines: 0 };
  const records = { recordsAccepted: -batch.n, recordsQuarantined: batch.n };
  batch.n = 0;
  return { rejected: all.sort((a, b) => a.record - b.record), moved: { ...moved, ...records } };
}
