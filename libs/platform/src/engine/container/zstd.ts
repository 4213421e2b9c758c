import { setImmediate } from 'node:timers/promises';
import { AppError } from '@attune/core';
import { ZSTDDecoder } from 'zstddec/stream';
import type { InputFile } from '../scratch-file.js';
import type { Decoding } from './zlib-stream.js';

/** What the WebAssembly build of the reference decoder offers (zstd.h). Addresses and sizes are 32 bits wide. */
interface Zstd {
  readonly memory: { readonly buffer: ArrayBuffer };
  readonly malloc: (bytes: number) => number;
  readonly free: (address: number) => void;
  readonly ZSTD_createDCtx: () => number;
  readonly ZSTD_freeDCtx: (context: number) => number;
  readonly ZSTD_decompressStream: (context: number, output: number, input: number) => number;
}

/** The package's own loop over these functions takes an error for "call again" and goes round forever; ours looks at what they return. */
class LoadedZstd extends ZSTDDecoder {
  static functions: Zstd;

  override _init(loaded: { readonly instance: { readonly exports: Zstd } }): void {
    ZSTDDecoder.prototype._init(loaded);
    LoadedZstd.functions = loaded.instance.exports;
  }
}

async function load(): Promise<Zstd> {
  await new LoadedZstd().init();
  return LoadedZstd.functions;
}

/** ZSTD_isError: the highest 119 values stand for errors (zstd_errors.h). */
const FIRST_ERROR = 2 ** 32 - 119;
const WINDOW_TOO_LARGE = 16;
const DICTIONARY_WRONG = 32;

const INPUT_BYTES = 1 << 16;
const OUTPUT_BYTES = 1 << 18;
/** Of ZSTD_inBuffer and ZSTD_outBuffer: address, size, position. */
const BUFFER_BYTES = 12;

/**
 * All frames of a zstd file as one stream; those to be skipped are (RFC 8878, section 3.1). Checksums of frames are compared where there
 * are any. Always by WebAssembly: node:zlib has zstd only from Node 22.15 on, and reads a frame whose end is missing without a word.
 * Throws AppError `container.corrupt`, or `unprocessable_file` for a frame that needs more than 128 MiB of window, or a dictionary.
 */
export async function* unzstd(file: InputFile): Decoding {
  const stream = new ZstdStream(await load());
  let consumed = 0;
  try {
    for (const chunk of file.chunks(0, file.size, INPUT_BYTES)) {
      stream.give(chunk);
      do {
        const bytes = stream.take();
        if (bytes.length > 0) yield { bytes, consumed: consumed + stream.taken };
        await setImmediate(); // the decoder itself never waits for anything
      } while (stream.hasMore);
      consumed += chunk.length;
    }
    if (!stream.complete) throw new AppError('container.corrupt', 'The compressed stream ends too early.');
    return consumed;
  } finally {
    stream.free();
  }
}

/** One decoder and its buffers in the memory of WebAssembly, which nobody else tidies up. */
class ZstdStream {
  /** True when the last frame was decoded to its end. */
  complete = false;
  readonly #zstd: Zstd;
  readonly #context: number;
  readonly #buffers: number;
  readonly #input: number;
  readonly #output: number;
  #given = 0;

  constructor(zstd: Zstd) {
    this.#zstd = zstd;
    this.#context = zstd.ZSTD_createDCtx();
    this.#buffers = zstd.malloc(2 * BUFFER_BYTES);
    this.#input = zstd.malloc(INPUT_BYTES);
    this.#output = zstd.malloc(OUTPUT_BYTES);
  }

  /** Takes in the next chunk, of at most INPUT_BYTES, once all of the last one was consumed. */
  give(chunk: Uint8Array): void {
    new Uint8Array(this.#zstd.memory.buffer).set(chunk, this.#input);
    this.#given = chunk.length;
    this.#point(this.#buffers, this.#input, chunk.length);
  }

  /** Bytes of the chunk that the decoder has consumed. */
  get taken(): number {
    return this.#position(this.#buffers);
  }

  /** True while the chunk is not used up, or the decoder may hold back what did not fit into the output. */
  get hasMore(): boolean {
    return this.taken < this.#given || this.#position(this.#buffers + BUFFER_BYTES) === OUTPUT_BYTES;
  }

  /** Decodes as much as fits into the output, and returns a copy of it. */
  take(): Uint8Array {
    const output = this.#buffers + BUFFER_BYTES;
    this.#point(output, this.#output, OUTPUT_BYTES);
    const result = this.#zstd.ZSTD_decompressStream(this.#context, output, this.#buffers) >>> 0;
    if (result >= FIRST_ERROR) throw refused(2 ** 32 - result);
    this.complete = result === 0;
    return new Uint8Array(this.#zstd.memory.buffer).slice(this.#output, this.#output + this.#position(output));
  }

  free(): void {
    this.#zstd.ZSTD_freeDCtx(this.#context);
    for (const address of [this.#buffers, this.#input, this.#output]) this.#zstd.free(address);
  }

  /** The memory may have moved since the last call, so that a view lives for one access only. */
  #point(buffer: number, address: number, size: number): void {
    const view = new DataView(this.#zstd.memory.buffer, buffer, BUFFER_BYTES);
    view.setUint32(0, address, true);
    view.setUint32(4, size, true);
    view.setUint32(8, 0, true);
  }

  #position(buffer: number): number {
    return new DataView(this.#zstd.memory.buffer, buffer, BUFFER_BYTES).getUint32(8, true);
  }
}

function refused(error: number): AppError {
  if (error === WINDOW_TOO_LARGE) return new AppError('unprocessable_file', 'The zstd frame needs a window of more than 128 MiB.');
  if (error === DICTIONARY_WRONG) return new AppError('unprocessable_file', 'The zstd frame needs a dictionary.');
  return new AppError('container.corrupt', 'The compressed stream holds bytes that cannot be right, or does not match its checksum.');
}
