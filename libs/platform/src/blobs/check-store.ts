import { randomUUID } from 'node:crypto';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { AppError } from '@attune/core';
import type { BlobStore, DirectTransfers } from './blob-store.js';

export interface StoreCheck {
  readonly what: string;
  readonly passed: boolean;
  /** What was seen, or why it failed; no address and no key. */
  readonly found: string;
}

const SMALL = Buffer.from('0123456789');
/** Larger than one part of 8 MiB, so that it is sent in two and copied within the store. */
const LARGE = Buffer.alloc(9 * 1024 * 1024, 'attune');
const LIFETIME_S = 60;
const PATIENCE_MS = 15_000;

/** Tries everything that Attune asks of a store, in a place of its own that is empty afterwards; one line for each, as it goes. */
export async function* checkStore(blobs: BlobStore): AsyncGenerator<StoreCheck> {
  const place = `doctor/${randomUUID()}`;
  const key = (name: string): string => `${place}/${name}`;
  const receive = (bytes: Buffer, name: string) => blobs.receive(Readable.from([bytes]), () => key(name), bytes.length);
  yield await check('write', async () => {
    await receive(SMALL, 'small');
    return `${SMALL.length} bytes`;
  });
  yield await check('read', async () => same(await buffer(blobs.open(key('small'))), SMALL));
  yield await check('range', async () => same(await buffer(blobs.open(key('small'), { start: 2, end: 5 })), SMALL.subarray(2, 6)));
  yield await check('multipart and copy', async () => {
    await receive(LARGE, 'large');
    return same(await buffer(blobs.open(key('large'))), LARGE);
  });
  yield await check('list after write', async () => {
    const names: string[] = [];
    for await (const listed of blobs.list(place)) names.push(listed.key);
    if (names.length !== 2) throw new Error(`lists ${names.length} of 2 objects`);
    return `${names.length} objects`;
  });
  if (blobs.direct) yield* checkDirect(blobs.direct, key('small'));
  yield await check('delete', async () => {
    await blobs.removeAll(place);
    for await (const listed of blobs.list(place)) throw new Error(`still lists an object of ${listed.bytes} bytes`);
    return 'nothing is left';
  });
}

async function* checkDirect(direct: DirectTransfers, key: string): AsyncGenerator<StoreCheck> {
  yield await check('presigned GET', async () => {
    const answer = await fetch(await direct.presignGet(key, LIFETIME_S), { signal: AbortSignal.timeout(PATIENCE_MS) });
    if (!answer.ok) throw new Error(`HTTP ${answer.status}`);
    return same(Buffer.from(await answer.arrayBuffer()), SMALL);
  });
  const upload = await direct.createUpload().catch(() => undefined);
  yield await check('presigned part', async () => {
    if (upload === undefined) throw new Error('begins no upload');
    const url = await direct.presignPart(upload, { number: 1, bytes: SMALL.length }, LIFETIME_S);
    const answer = await fetch(url, { method: 'PUT', body: new Uint8Array(SMALL), signal: AbortSignal.timeout(PATIENCE_MS) });
    if (!answer.ok) throw new Error(`HTTP ${answer.status}`);
    const [part] = await direct.partsOf(upload);
    if (part?.bytes !== SMALL.length) throw new Error('does not list the part');
    return `${part.bytes} bytes`;
  });
  yield await check('abort', async () => {
    if (upload === undefined) throw new Error('begins no upload');
    await direct.abortUpload(upload);
    const parts = await direct.partsOf(upload).catch((error: unknown) => {
      if (error instanceof AppError && error.code === 'not_found') return [];
      throw error;
    });
    if (parts.length > 0) throw new Error('keeps the parts of an upload that was ended');
    return 'nothing is left';
  });
}

async function check(what: string, look: () => Promise<string>): Promise<StoreCheck> {
  try {
    return { what, passed: true, found: await look() };
  } catch (error) {
    return { what, passed: false, found: error instanceof AppError ? error.detail : (error as Error).message };
  }
}

function same(found: Buffer, expected: Buffer): string {
  if (!found.equals(expected)) throw new Error(`answers ${found.length} bytes that are not the ${expected.length} written`);
  return `${found.length} bytes`;
}
