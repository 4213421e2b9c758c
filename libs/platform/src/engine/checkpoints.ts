import type { PassState } from '@attune/pipeline';
import { readCheckpoint, writeCheckpoint, type Checkpoint } from './checkpoint.js';
import type { PassFiles } from './pass-files.js';
import type { ReadPlace } from './tasks/member-progress.js';

export interface CheckpointsOf {
  readonly identity: string;
  /** Scratch directories of earlier attempts, the latest first. */
  readonly earlier: readonly string[];
  /** Decoded bytes between two checkpoints, and of the whole dataset: there is none at its end. */
  readonly shardBytes: number;
  readonly end: number;
}

/** The checkpoints of one attempt: the last one of an earlier attempt, and those that it leaves itself. */
export class Checkpoints {
  readonly #scratch: string;
  readonly #of: CheckpointsOf;
  readonly #files: PassFiles;
  /** Decoded bytes before the latest checkpoint. */
  #bytes = 0;

  constructor(scratch: string, of: CheckpointsOf, files: PassFiles) {
    this.#scratch = scratch;
    this.#of = of;
    this.#files = files;
  }

  /** Takes over the furthest checkpoint that an earlier attempt has left, with its files; undefined where none is of use. */
  async earlier(): Promise<Checkpoint | undefined> {
    const { earlier, identity } = this.#of;
    const found = earlier.flatMap((folder) => {
      const checkpoint = readCheckpoint(folder, identity);
      return checkpoint === undefined ? [] : [{ folder, checkpoint }];
    });
    found.sort((a, b) => b.checkpoint.bytes - a.checkpoint.bytes);
    for (const { folder, checkpoint } of found) {
      if (!(await this.#files.copy(folder, checkpoint.files))) continue;
      this.#bytes = checkpoint.bytes;
      // A second attempt that is lost as well has to be worth no less than the first.
      writeCheckpoint(this.#scratch, checkpoint);
      return checkpoint;
    }
    return undefined;
  }

  /** Hears of every place where the pass could be left, and leaves a checkpoint once a shard is full. */
  offer(state: () => PassState): (bytes: number, place: () => ReadPlace) => void {
    const { shardBytes, end, identity } = this.#of;
    return (bytes, place) => {
      if (bytes - this.#bytes < shardBytes || bytes >= end) return;
      const pass = state(); // before the files are marked: the set writes down what it has learned
      writeCheckpoint(this.#scratch, { identity, bytes, place: place(), pass, files: this.#files.marks() });
      this.#bytes = bytes;
    };
  }
}
