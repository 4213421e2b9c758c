import { AppError } from '@attune/core';
import type { RecordPlace } from '@attune/formats';

const WAITING = 0;
const ENDED = 1;
/** Numbers per chunk: byte offset, line, records. */
const PLACE = 3;
/** A thread that waits looks this often whether the pass was given up. */
const LOOK_MS = 1000;

/**
 * Where each chunk of a pass has ended, in memory that all threads share. A chunk waits for the one before it and for no other, and chunks
 * are begun in their order, so somebody can always go on.
 */
export class ChunkChain {
  /** What other threads are given. */
  readonly shared: { readonly states: SharedArrayBuffer; readonly places: SharedArrayBuffer };
  readonly #states: Int32Array;
  readonly #places: Float64Array;

  private constructor(shared: ChunkChain['shared']) {
    this.shared = shared;
    this.#states = new Int32Array(shared.states);
    this.#places = new Float64Array(shared.places);
  }

  static of(chunks: number): ChunkChain {
    return new ChunkChain({
      states: new SharedArrayBuffer((chunks + 1) * Int32Array.BYTES_PER_ELEMENT),
      places: new SharedArrayBuffer(chunks * PLACE * Float64Array.BYTES_PER_ELEMENT),
    });
  }

  static from(shared: ChunkChain['shared']): ChunkChain {
    return new ChunkChain(shared);
  }

  /** Where a chunk has ended; waits until it has. Throws `stage.cancelled` when the pass is given up. */
  end(chunk: number): RecordPlace {
    const states = this.#states;
    while (Atomics.load(states, chunk) === WAITING) {
      if (Atomics.load(states, states.length - 1) !== WAITING) throw new AppError('stage.cancelled', 'the pass was given up');
      Atomics.wait(states, chunk, WAITING, LOOK_MS);
    }
    const at = chunk * PLACE;
    return { byteOffset: this.#places[at]!, line: this.#places[at + 1]!, records: this.#places[at + 2]! };
  }

  ended(chunk: number, { byteOffset, line, records }: RecordPlace): void {
    this.#places.set([byteOffset, line, records], chunk * PLACE);
    Atomics.store(this.#states, chunk, ENDED);
    Atomics.notify(this.#states, chunk);
  }

  /** Nobody shall wait any longer. */
  giveUp(): void {
    Atomics.store(this.#states, this.#states.length - 1, ENDED);
  }
}
