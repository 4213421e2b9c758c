import { closeSync, fstatSync, ftruncateSync, openSync, readSync, writeSync } from 'node:fs';
import { crc32 } from 'node:zlib';

const BLOCK = 1 << 18;
const CHUNK = 1 << 16;

/** What a file held at one time. */
export interface FileMark {
  readonly bytes: number;
  readonly crc: number;
}

/** A file being written from its start. Small writes are gathered into blocks; what was written can be read back. */
export class ScratchFile {
  readonly #fd: number;
  /** Many files of a small job are never written to. */
  #block: Uint8Array | undefined;
  #held = 0;
  #written = 0;
  readonly #checked: boolean;
  #crc = 0;

  /** `checked`: a sum of what is written is kept, for `mark`. */
  constructor(path: string, { checked = false } = {}) {
    this.#fd = openSync(path, 'wx+', 0o600);
    this.#checked = checked;
  }

  /** Bytes that are in the file; what is gathered is not. */
  get written(): number {
    return this.#written;
  }

  /** Writes out what was gathered, and says how much the file holds and its CRC-32. */
  mark(): FileMark {
    this.flush();
    return { bytes: this.#written, crc: this.#crc };
  }

  /** Begins anew. */
  clear(): void {
    this.#held = this.#written = this.#crc = 0;
    ftruncateSync(this.#fd);
  }

  write(bytes: Uint8Array): void {
    if (this.#held + bytes.length > BLOCK) this.flush();
    if (bytes.length > BLOCK) {
      this.#append(bytes);
    } else {
      this.#block ??= new Uint8Array(BLOCK);
      this.#block.set(bytes, this.#held);
      this.#held += bytes.length;
    }
  }

  /** Reads from `offset`; returns how many bytes were there. */
  read(offset: number, into: Uint8Array): number {
    if (this.#held > 0 && offset + into.length > this.#written) this.flush();
    return readAt(this.#fd, offset, into);
  }

  flush(): void {
    if (this.#block === undefined || this.#held === 0) return;
    const held = this.#held;
    this.#held = 0;
    this.#append(this.#block.subarray(0, held));
  }

  close(): void {
    this.flush();
    closeSync(this.#fd);
  }

  #append(bytes: Uint8Array): void {
    writeAt(this.#fd, this.#written, bytes);
    this.#written += bytes.length;
    if (this.#checked) this.#crc = crc32(bytes, this.#crc);
  }
}

/** A file that is written and read by position; nothing is gathered. */
export class PositionedFile {
  readonly #fd: number;

  constructor(path: string) {
    this.#fd = openSync(path, 'wx+', 0o600);
  }

  write(offset: number, bytes: Uint8Array): void {
    writeAt(this.#fd, offset, bytes);
  }

  /** Reads from `offset`; returns how many bytes were there. */
  read(offset: number, into: Uint8Array): number {
    return readAt(this.#fd, offset, into);
  }

  close(): void {
    closeSync(this.#fd);
  }
}

/** An input file, read by position. */
export class InputFile {
  readonly path: string;
  readonly size: number;
  readonly #fd: number;

  constructor(path: string) {
    this.path = path;
    this.#fd = openSync(path, 'r');
    this.size = fstatSync(this.#fd).size;
  }

  /** Reads from `offset`; returns how many bytes were there, less than asked for only at the end of the file. */
  read(offset: number, into: Uint8Array): number {
    return readAt(this.#fd, offset, into);
  }

  /** The bytes of `[start, end)`, as far as the file goes, each chunk in memory of its own. */
  *chunks(start: number, end: number, bytes = CHUNK): Generator<Uint8Array> {
    const stop = Math.min(end, this.size);
    for (let at = start; at < stop; at += bytes) {
      const chunk = new Uint8Array(Math.min(bytes, stop - at));
      yield chunk.subarray(0, this.read(at, chunk));
    }
  }

  close(): void {
    closeSync(this.#fd);
  }
}

function writeAt(fd: number, offset: number, bytes: Uint8Array): void {
  for (let from = 0; from < bytes.length;) from += writeSync(fd, bytes, from, bytes.length - from, offset + from);
}

function readAt(fd: number, offset: number, into: Uint8Array): number {
  let read = 0;
  while (read < into.length) {
    const bytes = readSync(fd, into, read, into.length - read, offset + read);
    if (bytes === 0) break;
    read += bytes;
  }
  return read;
}
