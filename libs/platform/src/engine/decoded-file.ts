import { closeSync, openSync, readSync } from 'node:fs';
import { deserialize, serialize } from 'node:v8';
import { AppError } from '@attune/core';
import type { RecordPlace } from '@attune/formats';
import type { ChunkResult } from '@attune/pipeline';
import { ScratchFile } from './scratch-file.js';

/** Raised with every change of what is in such a file. */
const VERSION = 1;

/** Whose chunks are in the file: without all of them equal it is of no use. */
interface Head {
  readonly version: number;
  readonly identity: string;
  readonly slice: number;
}

/** A chunk of a slice, and where its last record ends. */
export interface DecodedChunk {
  readonly result: ChunkResult;
  readonly end: RecordPlace;
}

/** Writes what became of one slice of the input: blocks of V8's structured clone, each after its length in bytes (four of them, little-endian). */
export class DecodedWriter {
  readonly #file: ScratchFile;

  constructor(path: string, identity: string, slice: number) {
    this.#file = new ScratchFile(path);
    this.#write({ version: VERSION, identity, slice } satisfies Head);
  }

  chunk({ result, end }: DecodedChunk): void {
    const rows = result.rows.subarray(0, result.rowStart[result.n]);
    this.#write({ result: { ...result, rows }, end } satisfies DecodedChunk);
  }

  close(): void {
    this.#file.close();
  }

  #write(value: unknown): void {
    const block = serialize(value);
    const length = Buffer.alloc(4);
    length.writeUInt32LE(block.length);
    this.#file.write(length);
    this.#file.write(block);
  }
}

/** Whether the files are those of every slice, in their order, of this very pass. */
export function areDecoded(paths: readonly string[], identity: string): boolean {
  return paths.every((path, slice) => {
    const head = headOf(path);
    return head?.version === VERSION && head.identity === identity && head.slice === slice;
  });
}

/** A loop that is left closes the file. */
function headOf(path: string): Head | undefined {
  for (const block of blocksOf(path)) return block as Head;
  return undefined;
}

/** The chunks of a file, one after another. */
export function* decodedChunks(path: string): Generator<DecodedChunk> {
  const blocks = blocksOf(path);
  blocks.next();
  for (const block of blocks) yield block as DecodedChunk;
}

function* blocksOf(path: string): Generator<unknown> {
  const fd = openSync(path, 'r');
  const length = Buffer.alloc(4);
  try {
    while (readSync(fd, length, 0, 4, null) === 4) {
      const block = Buffer.alloc(length.readUInt32LE());
      for (let held = 0; held < block.length;) {
        const bytes = readSync(fd, block, held, block.length - held, null);
        if (bytes === 0) throw new AppError('engine.failed', 'a decoded slice ends too early');
        held += bytes;
      }
      yield deserialize(block);
    }
  } finally {
    closeSync(fd);
  }
}
