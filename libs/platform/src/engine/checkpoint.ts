import { createHash } from 'node:crypto';
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { PassState } from '@attune/pipeline';
import { z } from 'zod';
import { PASS_FILES, type Marks } from './pass-files.js';
import type { ReadPlace } from './tasks/member-progress.js';

/** Raised with every change of what is in a checkpoint. */
const VERSION = 2;
export const CHECKPOINT = 'checkpoint.json';
/** What is kept of an attempt that has not finished. */
export const CHECKPOINT_FILES: readonly string[] = [CHECKPOINT, ...Object.values(PASS_FILES)];

const count = z.int().min(0);
const base64 = z.base64().transform((text) => new Uint8Array(Buffer.from(text, 'base64')));
const Account = z.strictObject({
  header: count,
  accepted: count,
  quarantined: count,
  blank: count,
  comment: count,
  recordsAccepted: count,
  recordsQuarantined: count,
  blankLines: count,
});
const Lines = z.strictObject({ offsets: z.array(count), records: count, bytes: count });
const Sketch = z.strictObject({
  counts: z.tuple([count, count, count, count, count, count, count]),
  findings: z.array(count).transform((counts) => Int32Array.from(counts)),
  registers: base64,
  min: base64.nullable(),
  max: base64.nullable(),
});
const Pass = z.strictObject({
  partBytes: count,
  longestRow: count,
  rows: count,
  required: count,
  merged: count,
  late: count,
  findings: Lines,
  quarantine: Lines,
  duplicates: Lines,
  sketches: z.array(Sketch),
});
const Place = z.strictObject({
  member: count,
  at: z.strictObject({ byteOffset: count, line: count, records: count }).nullable(),
  account: Account,
  total: Account,
  before: z.array(count),
});
const Mark = z.strictObject({ bytes: count, crc: count });
const Files = z.strictObject({ part: Mark, findings: Mark, quarantine: Mark, duplicates: Mark, entered: Mark, late: Mark });
const Stored = z.strictObject({ version: z.literal(VERSION), identity: z.string(), bytes: count, place: Place, pass: Pass, files: Files });

/** Everything about a pass between two records that is not in its files, and how much of each file belongs to it. */
export interface Checkpoint {
  /** What the pass is of: see `identityOf`. */
  readonly identity: string;
  /** Decoded bytes of the dataset before the place. */
  readonly bytes: number;
  readonly place: ReadPlace;
  readonly pass: PassState;
  readonly files: Marks;
}

/** A checkpoint counts for a pass over the same bytes by the same plan in the same version, and for no other. */
export function identityOf(...parts: readonly unknown[]): string {
  return sha256(JSON.stringify(parts));
}

/** Replaces the checkpoint of an attempt whole: whoever reads it sees the one before or this one. */
export function writeCheckpoint(scratch: string, checkpoint: Checkpoint): void {
  const body = JSON.stringify({ ...checkpoint, version: VERSION }, (_, value: unknown) =>
    value instanceof Int32Array ? [...value] : value instanceof Uint8Array ? Buffer.from(value).toString('base64') : value,
  );
  const path = join(scratch, CHECKPOINT);
  writeFileSync(`${path}.new`, `${sha256(body)}\n${body}`, { mode: 0o600 });
  renameSync(`${path}.new`, path);
}

/** The checkpoint that an attempt has left; undefined where there is none that is whole and of this pass. */
export function readCheckpoint(scratch: string, identity: string): Checkpoint | undefined {
  try {
    const [hash, body] = readFileSync(join(scratch, CHECKPOINT), 'utf8').split('\n', 2);
    if (body === undefined || sha256(body) !== hash) return undefined;
    const read = Stored.safeParse(JSON.parse(body));
    if (!read.success) return undefined;
    return read.data.identity === identity ? read.data : undefined;
  } catch {
    return undefined;
  }
}

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');
