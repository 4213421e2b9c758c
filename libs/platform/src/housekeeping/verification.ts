import type { BlobStore, StoredBlob } from '../blobs/blob-store.js';
import { hashed, READINGS } from '../blobs/hashing.js';
import type { Fault, NamedObject, VerificationRepository } from '../database/verification.repository.js';
import type { Amount } from './garbage-collector.js';

const BATCH = 500;
/** Of the objects that are older than a day every twentieth is read. */
const SAMPLE = 20;

/** What was looked at, and what is wrong with it. */
export interface Verification {
  /** Objects that rows name. */
  readonly named: Amount;
  /** Those of them whose bytes were read and hashed. */
  readonly hashed: Amount;
  /** Objects that no row names: told, no fault; the garbage collector takes them. */
  readonly unnamed: Amount;
  readonly faults: readonly Fault[];
}

interface Options {
  /** Reads every object, not only those of the last 24 hours and a sample. */
  readonly all: boolean;
}

/** Proves rows and objects against each other: nothing of what wrote them is asked. Jobs may go on meanwhile. */
export async function verify(rows: VerificationRepository, blobs: BlobStore, { all }: Options): Promise<Verification> {
  const faults = await rows.faults();
  const [named, hashed] = [nothing(), nothing()];
  const sizes = await sizesIn(blobs);
  let after = '';
  let turn = 0;
  for (;;) {
    const batch = await rows.named(after, BATCH);
    for (const object of batch) {
      add(named, object.bytes);
      const isRead = all || object.recent || turn++ % SAMPLE === 0;
      if (isRead) add(hashed, object.bytes);
      const code = await faultOf(blobs, object, sizes.get(object.key), isRead);
      sizes.delete(object.key);
      // Removed since its row was read, it is as it must be.
      if (code === undefined || !(await rows.isNamed(object.key))) continue;
      faults.push({ invariant: 'I2', code, jobId: object.jobId, place: object.key });
    }
    if (batch.length < BATCH) break;
    after = batch.at(-1)!.key;
  }
  const unnamed = nothing();
  for (const [key, bytes] of sizes) if (!(await rows.isNamed(key))) add(unnamed, bytes);
  return { named, hashed, unnamed, faults };
}

/** Size of every object by its key: some 200 bytes of memory for each. */
async function sizesIn(blobs: BlobStore): Promise<Map<string, number>> {
  const sizes = new Map<string, number>();
  for await (const { key, bytes } of blobs.list('')) sizes.set(key, bytes);
  return sizes;
}

async function faultOf(blobs: BlobStore, object: NamedObject, listed: number | undefined, isRead: boolean): Promise<string | undefined> {
  if (listed !== undefined && listed !== object.bytes) return 'object.size';
  // Not listed, it may have come since.
  if (listed !== undefined && !isRead) return undefined;
  let found: StoredBlob | undefined;
  for (let reading = 0; reading < READINGS; reading++) {
    found = await digestOf(blobs, object.key);
    if (found?.sha256 === object.sha256 && found.bytes === object.bytes) return undefined;
  }
  return found === undefined ? 'object.missing' : 'object.bytes';
}

/** Undefined where the object is not there or cannot be read. */
async function digestOf(blobs: BlobStore, key: string): Promise<StoredBlob | undefined> {
  try {
    return await hashed(blobs.open(key));
  } catch {
    return undefined;
  }
}

const nothing = (): Amount => ({ objects: 0, bytes: 0 });

function add(amount: Amount, bytes: number): void {
  amount.objects += 1;
  amount.bytes += bytes;
}
