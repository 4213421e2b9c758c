import type { Readable } from 'node:stream';

/**
 * The bytes of a body in pieces of any size. A body that breaks off ends here like any other: what has come before counts.
 * Whoever is done with it closes it, so that what is left of the body can be read by somebody else.
 */
export class UploadBody {
  readonly #chunks: AsyncIterator<Buffer>;
  #next: Buffer | undefined;
  /** Bytes that were handed out. */
  taken = 0;

  constructor(source: Readable) {
    this.#chunks = source.iterator({ destroyOnReturn: false }) as AsyncIterator<Buffer>;
  }

  /** True when at least one more byte is there; waits for it. */
  async more(): Promise<boolean> {
    while (this.#next === undefined || this.#next.length === 0) {
      const chunk = await this.#chunks.next().catch(() => undefined); // the connection is gone
      if (chunk === undefined || chunk.done === true) return false;
      this.#next = chunk.value;
    }
    return true;
  }

  /** The next bytes, at most so many. */
  async *take(bytes: number): AsyncGenerator<Buffer> {
    for (let left = bytes; left > 0 && (await this.more());) {
      const chunk = this.#next!.subarray(0, left);
      this.#next = this.#next!.subarray(chunk.length);
      left -= chunk.length;
      this.taken += chunk.length;
      yield chunk;
    }
  }

  async close(): Promise<void> {
    await this.#chunks.return?.();
  }
}
