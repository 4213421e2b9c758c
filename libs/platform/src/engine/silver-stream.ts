import { execFile } from 'node:child_process';
import { closeSync, constants, openSync, rmSync, write } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { promisify } from 'node:util';
import { silverCopy, type SilverColumn } from '@attune/pipeline';
import type { DuckDb } from './duckdb.js';
import type { ScratchFile } from './scratch-file.js';

const PIPE = 'silver.pipe';
/** How often is looked whether DuckDB has begun to read. */
const LOOK_MS = 2;
/** Written at once; more than the rows of one chunk, so that a pass that seldom lets anybody else in is kept up with. */
const BLOCK = 1 << 23;
const writeTo = promisify(write);

/**
 * Has DuckDB write silver while the pass is still making rows: what it would read from the part afterwards it reads from a named pipe at
 * once. Rows go from the part's file into the pipe in a thread of the file system's, so that the pass never waits for DuckDB. Only time is
 * won. Whatever goes wrong here, a row that is longer than the reader was told among it, the part is still there to be read again, and the
 * bytes of silver are the same either way.
 */
export class SilverStream {
  readonly #path: string;
  readonly #part: ScratchFile;
  readonly #copied: Promise<boolean>;
  readonly #fed: Promise<boolean>;
  /** Set while everything that is in the part was written to the pipe. */
  #resume: (() => void) | undefined;
  #isEnd = false;
  #isGivenUp = false;

  private constructor(path: string, part: ScratchFile, pipe: number, copied: Promise<boolean>) {
    this.#path = path;
    this.#part = part;
    this.#copied = copied;
    this.#fed = this.#feed(pipe);
  }

  /** Undefined where there are no named pipes. `scratch` is the directory that DuckDB may use; rows that `part` holds already go first. */
  static async open(
    db: DuckDb,
    columns: readonly SilverColumn[],
    { scratch, part, target }: { readonly scratch: string; readonly part: ScratchFile; readonly target: string },
  ): Promise<SilverStream | undefined> {
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
        return new SilverStream(path, part, pipe, copied);
      }
      if (ended) {
        rmSync(path);
        return undefined;
      }
      await setTimeout(LOOK_MS);
    }
  }

  /** The part has grown. */
  more(): void {
    this.#resume?.();
  }

  /** The part is whole. Whether silver is; else whatever there is of it counts for nothing. */
  async end(): Promise<boolean> {
    this.#part.flush();
    this.#isEnd = true;
    return this.#close();
  }

  /** Nobody will ask for this silver. */
  async giveUp(): Promise<void> {
    this.#isEnd = this.#isGivenUp = true;
    await this.#close();
  }

  async #close(): Promise<boolean> {
    this.more();
    const fed = await this.#fed;
    const copied = await this.#copied;
    rmSync(this.#path, { force: true });
    return fed && copied;
  }

  /** False where DuckDB has given up reading, or nobody asks any more. */
  async #feed(pipe: number): Promise<boolean> {
    const block = new Uint8Array(BLOCK);
    try {
      for (let sent = 0; !this.#isGivenUp;) {
        const held = this.#part.read(sent, block.subarray(0, Math.min(BLOCK, this.#part.written - sent)));
        for (let at = 0; at < held && !this.#isGivenUp;) at += (await writeTo(pipe, block, at, held - at)).bytesWritten;
        sent += held;
        if (held > 0) continue;
        if (this.#isEnd) return true;
        await new Promise<void>((resolve) => (this.#resume = resolve));
        this.#resume = undefined;
      }
      return false;
    } catch {
      return false;
    } finally {
      closeSync(pipe);
    }
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
