import { rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Container, Finding } from '@attune/core';
import { InflateMeter, MAGIC_BYTES, refuseNesting } from '@attune/formats';
import type { DuckDbLimits } from '../duckdb.js';
import { InputFile, ScratchFile } from '../scratch-file.js';
import { openContainer, type ContainerMember } from './open-container.js';

/** One text of the dataset: where it lies in the decoded bytes. */
export interface DecodedMember {
  readonly name: string;
  readonly start: number;
  readonly size: number;
}

const DECODED = 'input.decoded';

/**
 * The decoded bytes of a dataset, read by position: of a plain file its own, of a container those of its members one after another.
 *
 * A container is inflated once, into a scratch file of the attempt, before any of it is read as text. That costs disk of the
 * inflated size, which is limited, next to the canonical rows of about the same size that the pass writes anyhow, and one more walk through
 * the page cache. For that, no record of a container that turns out to be damaged, cut or a bomb was ever looked at; quarantined
 * and altered records are read again by offset as from any file, which a compressed stream cannot do; and the reader stays one loop.
 */
export class DecodedInput {
  private constructor(
    readonly members: readonly DecodedMember[],
    readonly size: number,
    /** File that holds the decoded bytes. */
    readonly path: string,
    private readonly source: { read(offset: number, into: Uint8Array): number; close(): void },
    private readonly isScratch: boolean,
    /** What the container itself gave reason to tell. */
    readonly findings: readonly Finding[] = [],
  ) {}

  /**
   * `limit`: inflated bytes at most; `onRead` hears how many bytes of the container were read. Throws what `openContainer` does,
   * and AppError `zip_bomb` or `container.corrupt` while inflating.
   */
  static async open(
    input: string,
    container: Container,
    scratch: string,
    { limit, duckdb, table, onRead }: { limit: number; duckdb?: DuckDbLimits; table?: string | null; onRead: (bytes: number) => void },
  ): Promise<DecodedInput> {
    const file = new InputFile(input);
    if (container === 'none') return new DecodedInput([{ name: '', start: 0, size: file.size }], file.size, input, file, false);
    const path = join(scratch, DECODED);
    const decoded = new ScratchFile(path);
    try {
      const members = await openContainer(container, file, { scratch, duckdb, table, inflatedBytes: limit });
      // A column of one value takes no room in a Parquet file, so that the ratio tells nothing there.
      const meter = new InflateMeter(limit, file.size, container === 'parquet' ? Infinity : undefined);
      const found = await inflate(members, meter, decoded, onRead);
      const findings = members.flatMap((member) => member.findings?.() ?? []);
      decoded.flush();
      return new DecodedInput(found, meter.inflated, path, decoded, true, findings);
    } catch (error) {
      decoded.close();
      rmSync(path);
      throw error;
    } finally {
      file.close();
    }
  }

  /** Reads decoded bytes from `offset`; returns how many were there. */
  read(offset: number, into: Uint8Array): number {
    return this.source.read(offset, into);
  }

  close(): void {
    this.source.close();
    if (this.isScratch) rmSync(this.path);
  }
}

async function inflate(
  members: readonly ContainerMember[],
  meter: InflateMeter,
  decoded: ScratchFile,
  onRead: (bytes: number) => void,
): Promise<readonly DecodedMember[]> {
  const found: DecodedMember[] = [];
  let read = 0;
  for (const { name, decode } of members) {
    const start = meter.inflated;
    let consumed = 0;
    for await (const piece of decode()) {
      consumed = piece.consumed;
      meter.take(piece.bytes.length, read + consumed);
      decoded.write(piece.bytes);
      onRead(read + consumed);
    }
    read += consumed;
    const head = new Uint8Array(Math.min(MAGIC_BYTES, meter.inflated - start));
    decoded.read(start, head);
    refuseNesting(head);
    found.push({ name, start, size: meter.inflated - start });
  }
  return found;
}
