import { type FileHandle, open } from 'node:fs/promises';
import { UsageError } from './arguments.js';

/** What inspect sees of a file: its head, windows spread over the rest (the last one at the end), and its size in bytes. */
export interface Sample {
  readonly head: Uint8Array;
  readonly windows: readonly Uint8Array[];
  readonly size: number;
}

const HEAD_BYTES = 1024 * 1024;
const WINDOW_BYTES = 64 * 1024;
/** Windows between the head and the one at the end. */
const WINDOWS = 16;

/** Reads a bounded sample of a file of any size; UsageError when it cannot be read. */
export async function readSample(path: string): Promise<Sample> {
  const file = await open(path).catch((cause: unknown) => {
    throw new UsageError(`${path} cannot be read.`, { cause });
  });
  try {
    const state = await file.stat();
    if (!state.isFile()) throw new UsageError(`${path} is not a file.`);
    const head = await readAt(file, 0, HEAD_BYTES);
    const windows: Uint8Array[] = [];
    for (const offset of windowOffsets(state.size)) windows.push(await readAt(file, offset, WINDOW_BYTES));
    return { head, windows, size: state.size };
  } finally {
    await file.close();
  }
}

/** Where windows start: none reaches into the head or another one, and the last ends where the file ends. */
export function windowOffsets(size: number): number[] {
  const last = Math.max(HEAD_BYTES, size - WINDOW_BYTES);
  const offsets: number[] = [];
  for (let index = 0; index < WINDOWS; index += 1) {
    const offset = HEAD_BYTES + Math.floor(((last - HEAD_BYTES) * index) / WINDOWS);
    const previous = offsets.at(-1);
    if (offset + WINDOW_BYTES <= last && (previous === undefined || offset - previous >= WINDOW_BYTES)) offsets.push(offset);
  }
  if (last < size) offsets.push(last);
  return offsets;
}

async function readAt(file: FileHandle, offset: number, length: number): Promise<Uint8Array> {
  const buffer = new Uint8Array(length);
  let filled = 0;
  while (filled < length) {
    const { bytesRead } = await file.read(buffer, filled, length - filled, offset + filled);
    if (bytesRead === 0) break;
    filled += bytesRead;
  }
  return buffer.subarray(0, filled);
}
