import type { TaskProgress } from '../protocol.js';

/** How far the full pass is, in bytes of the file as received. Those of a container count half while it is inflated and half while it is read. */
export class PassProgress {
  readonly #total: number;
  readonly #share: number;
  readonly #onProgress: (progress: TaskProgress) => void;

  constructor(total: number, isContainer: boolean, onProgress: (progress: TaskProgress) => void) {
    this.#total = total;
    this.#share = isContainer ? 0.5 : 0;
    this.#onProgress = onProgress;
  }

  /** So many bytes of the container were inflated. */
  inflated(bytes: number): void {
    this.#tell(Math.min(bytes, this.#total) * this.#share);
  }

  /** `bytes` of the `size` decoded ones were read. */
  read(bytes: number, size: number): void {
    const done = size === 0 ? 1 : bytes / size;
    this.#tell(this.#total * (this.#share + (1 - this.#share) * done));
  }

  #tell(done: number): void {
    this.#onProgress({ done: Math.floor(done), total: this.#total });
  }
}
