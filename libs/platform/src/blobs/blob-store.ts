import type { Readable } from 'node:stream';

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

/**
 * The object store. Keys are `/`-separated paths without `..`; a put replaces nothing that differs, because
 * keys carry a hash or an epoch. All errors of the store itself are AppError dependency_unavailable or storage_full.
 */
export interface BlobStore {
  /** Streams in, hashing on the way; the key comes from the hash once all bytes are there. Nothing is visible before. */
  receive(source: Readable, keyOf: (sha256: string) => string, limitBytes: number): Promise<StoredBlob & { key: string }>;
  /** Takes a finished local file over (it is moved or copied) and hashes it. */
  adopt(file: string, key: string): Promise<StoredBlob>;
  /** Streams bytes [start, end] (inclusive, as in HTTP ranges) or everything. */
  open(key: string, range?: { start: number; end: number }): Readable;
  /** A local file with these bytes for an engine, verified against size and hash. @throws AppError artifact_corrupt */
  materialize(key: string, expected: StoredBlob, file: string): Promise<void>;
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
}
