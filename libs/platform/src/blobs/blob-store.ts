import type { Readable } from 'node:stream';
import type { StoreCircuit } from './store-breaker.js';

export interface StoredBlob {
  readonly bytes: number;
  readonly sha256: string;
}

/** An object as the store lists it; `modifiedAt` in milliseconds by the clock of the store. */
export interface ListedBlob {
  readonly key: string;
  readonly bytes: number;
  readonly modifiedAt: number;
}

export interface Stoppable {
  /** Ends the call early; what it has begun is taken back. */
  readonly signal?: AbortSignal;
}

/**
 * The object store. Keys are `/`-separated paths without `..`; a put replaces nothing that differs, because
 * keys carry a hash or an epoch. All errors of the store itself are AppError dependency_unavailable or storage_full.
 */
export interface BlobStore {
  /** Streams in, hashing on the way; the key comes from the hash once all bytes are there. Nothing is visible before. */
  receive(
    source: Readable,
    keyOf: (sha256: string) => string,
    limitBytes: number,
    options?: Stoppable,
  ): Promise<StoredBlob & { key: string }>;
  /** Takes a finished local file over (it is moved or copied) and hashes it. */
  adopt(file: string, key: string, options?: Stoppable): Promise<StoredBlob>;
  /** Streams bytes [start, end] (inclusive, as in HTTP ranges) or everything. */
  open(key: string, range?: { start: number; end: number }): Readable;
  /** A local file with these bytes for an engine, verified against size and hash. @throws AppError artifact_corrupt */
  materialize(key: string, expected: StoredBlob, file: string, options?: Stoppable): Promise<void>;
  remove(key: string): Promise<void>;
  /** Removes everything whose key begins with the prefix and a slash. */
  removeAll(prefix: string): Promise<void>;
  /**
   * Every object whose key begins with the prefix and a slash; everything for the empty prefix. What comes or goes meanwhile may be
   * listed or not; what arrives and is not whole yet is never listed.
   */
  list(prefix: string): AsyncIterable<ListedBlob>;
  /** Removes what uploads that broke off have left, where nothing was added for so many seconds. Answers how many there were. */
  sweep(idleSeconds: number): Promise<number>;
  /** A write and a read that prove the store works. */
  probe(): Promise<void>;
  /** Only where the store may be out of reach: then its calls fail at once with StoreOutage, until it works again. */
  readonly circuit?: StoreCircuit;
  /** Only where clients may exchange bytes with the store themselves, past Attune. */
  readonly direct?: DirectTransfers;
}

/** An upload that a client sends to the store part by part, to addresses signed for it. */
export interface DirectUpload {
  readonly key: string;
  readonly uploadId: string;
}

export interface UploadedPart {
  /** From 1. All parts but the last have at least 5 MiB (S3). */
  readonly number: number;
  readonly bytes: number;
  readonly etag: string;
}

/** Addresses with a signature in them, each for one request and a while. Whoever has one needs no key: never log them. */
export interface DirectTransfers {
  /** GET of a stored blob. */
  presignGet(key: string, lifetimeS: number, as?: { contentType?: string; fileName?: string }): Promise<string>;
  /** Begins an upload under a temporary key; `sweep` and a lifecycle rule of the bucket take it away when nobody finishes it. */
  createUpload(): Promise<DirectUpload>;
  /** PUT of one part; with `bytes` the store refuses a body of another size. */
  presignPart(upload: DirectUpload, part: { number: number; bytes?: number }, lifetimeS: number): Promise<string>;
  /** The parts that have arrived so far, by number. @throws AppError not_found */
  partsOf(upload: DirectUpload): Promise<UploadedPart[]>;
  /**
   * Puts the parts together, reads them back to hash them, and gives them the key of their hash. May be called again until it has
   * answered. @throws AppError payload_too_large, not_found; the hash is the caller's to compare before the key means anything.
   */
  finishUpload(upload: DirectUpload, keyOf: (sha256: string) => string, limitBytes: number): Promise<StoredBlob & { key: string }>;
  abortUpload(upload: DirectUpload): Promise<void>;
}
