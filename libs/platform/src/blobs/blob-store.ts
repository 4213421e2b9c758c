import type { Readable } from 'node:stream';

export interface StoredBlob {
  readonly bytes: number;
  readonly sha256: string;
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
  /** A write and a read that prove the store works. */
  probe(): Promise<void>;
}
