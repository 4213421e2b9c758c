import { execFile } from 'node:child_process';
import { closeSync, constants, openSync, rmSync, writeSync } from 'node:fs';
import { availableParallelism, loadavg } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { promisify } from 'node:util';
import { silverCopy, type SilverColumn } from '@attune/pipeline';
import type { DuckDb } from './duckdb.js';

const PIPE = 'silver.pipe';
/**
 * Whether somebody has time to read at the other end. A pipe holds 64 KiB, so writer and reader take turns thousands of times: next to nothing
 * where a core is free, but each turn waits for its time slice on a busy machine, where reading the part afterwards is faster by far.
 */
export const hasFreeCore = (): boolean => loadavg()[0]! < availableParallelism();

/** How often is looked whether DuckDB has begun to read. */
const LOOK_MS = 2;

/**
 * Has DuckDB write silver while the pass is still making rows: what it would read from the part afterwards it reads from a named pipe at
 * once. Only time is won. Whatever goes wrong here, a row that is longer than the reader was told among it, the part is still there to be
 * read again, and the bytes of silver are the same either way.
 */
export class SilverStream {
  readonly #path: string;
  readonly #copied: Promise<boolean>;
  #pipe: number | undefined;

  private constructor(path: string, pipe: number, copied: Promise<boolean>) {
    this.#path = path;
    this.#pipe = pipe;
    this.#copied = copied;
  }

  /** Undefined where there are no named pipes. `scratch` is the directory that DuckDB may use. */
  static async open(db: DuckDb, columns: readonly SilverColumn[], scratch: string, target: string): Promise<SilverStream | undefined> {
    const path = join(scratch, PIPE);
    try {
      await promisify(execFile)('mkfifo', ['-m', '600', path]);
    } catch {
      return undefined;
    }
    let ended = false;
    const copied = db
      .run(silverCopy(columns, { path, longestRow: 0 }, target))
      .then(
        () => true,
        () => false,
      )
      .finally(() => (ended = true));
    for (;;) {
      const probe = opened(path, constants.O_WRONLY | constants.O_NONBLOCK);
      if (probe !== undefined) {
        // Somebody reads now, so this does not block; the writes that follow shall.
        const pipe = openSync(path, 'w');
        closeSync(probe);
        return new SilverStream(path, pipe, copied);
      }
      if (ended) {
        rmSync(path);
        return undefined;
      }
      await setTimeout(LOOK_MS);
    }
  }

  /** Blocks while DuckDB is busy with what it has. */
  write(bytes: Uint8Array): void {
    if (this.#pipe === undefined) return;
    try {
      for (let at = 0; at < bytes.length;) at += writeSync(this.#pipe, bytes, at);
    } catch {
      this.#closePipe(); // DuckDB has given up reading
    }
  }

  /** Whether silver is complete; else whatever there is of it counts for nothing. */
  async end(): Promise<boolean> {
    const whole = this.#pipe !== undefined;
    this.#closePipe();
    const copied = await this.#copied;
    rmSync(this.#path, { force: true });
    return whole && copied;
  }

  #closePipe(): void {
    if (this.#pipe !== undefined) closeSync(this.#pipe);
    this.#pipe = undefined;
  }
}

/** ENXIO: nobody reads yet. */
function opened(path: string, flags: number): number | undefined {
  try {
    return openSync(path, flags);
  } catch {
    return undefined;
  }
}
