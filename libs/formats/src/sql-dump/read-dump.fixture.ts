import { Buffer } from 'node:buffer';
import type { Detection, TextOptions } from '@attune/core';
import { detectText } from '../text/detect.js';
import { openReader } from '../text/open-reader.js';
import type { TextLimits } from '../text/limits.js';
import type { ReaderOptions } from '../text/record-reader.js';

export interface DumpRead {
  readonly detection: Detection;
  /** Values of the accepted records, null where absent. */
  readonly rows: readonly (readonly (string | null)[])[];
  readonly codes: readonly string[];
  /** Received text of what was set aside. */
  readonly aside: readonly string[];
  /** Ordinal, line, offset and length of every record, accepted or not. */
  readonly places: readonly (readonly number[])[];
}

export interface DumpReading extends ReaderOptions {
  readonly text?: TextOptions;
  readonly limits?: Partial<TextLimits>;
  /** Bytes that are added before each read, over and over. */
  readonly sizes?: readonly number[];
}

/** Detects and reads a dump. Throws when a byte or a record is unaccounted for after any read, or bytes of a rejected record were changed. */
export function readDump(source: Uint8Array | string, { text, sizes = [1 << 20], ...options }: DumpReading = {}): DumpRead {
  const bytes = Buffer.from(source);
  const detection = detectText({ head: bytes, size: bytes.length, fingerprint: () => '', text });
  if (detection.format !== 'sql-dump') throw new Error(`read as ${detection.format}`);
  const reader = openReader({ ...detection, comments: null, trailers: null }, detection.columns.length, options);
  const buf = Uint8Array.from(bytes);
  const seen: { place: number[]; row?: (string | null)[]; code?: string }[] = [];
  let [from, to] = [0, 0];
  for (let i = 0, last = false; !last; i++) {
    to = Math.min(buf.length, to + sizes[i % sizes.length]!);
    last = to === buf.length;
    for (let consumed = 1; consumed > 0;) {
      consumed = reader.read(buf, from, to, last);
      from += consumed;
      const { batch } = reader;
      for (let r = 0; r < batch.n; r++) {
        const row = Array.from({ length: batch.width }, (_, c) => {
          const cell = r * batch.width + c;
          return batch.starts[cell]! < 0 ? null : Buffer.from(batch.buf.subarray(batch.starts[cell], batch.ends[cell])).toString('utf8');
        });
        seen.push({ place: [batch.record[r]!, batch.line[r]!, batch.byteOffset[r]!, batch.byteLength[r]!], row });
      }
      for (const { code, record, line, byteOffset, byteLength } of reader.rejected) {
        seen.push({ place: [record, line, byteOffset, byteLength], code });
      }
      const { header, accepted, quarantined, blank, comment } = reader.account;
      if (header + accepted + quarantined + blank + comment !== reader.offset) throw new Error('A byte is unaccounted for.');
    }
  }
  if (from !== buf.length) throw new Error('Bytes were left over.');
  if (reader.account.recordsAccepted + reader.account.recordsQuarantined !== seen.length) throw new Error('A record is unaccounted for.');
  seen.sort((a, b) => a.place[0]! - b.place[0]!);
  if (seen.some(({ place }, i) => place[0] !== i + 1)) throw new Error('Ordinals are not 1, 2, 3 and so on.');
  const aside = seen.filter(({ code }) => code !== undefined).map(({ place: [, , at = 0, length = 0] }) => [at, at + length] as const);
  for (const [start, end] of aside)
    if (!bytes.subarray(start, end).equals(buf.subarray(start, end))) throw new Error('Bytes were changed.');
  return {
    detection,
    rows: seen.flatMap(({ row }) => (row === undefined ? [] : [row])),
    codes: seen.flatMap(({ code }) => code ?? []),
    aside: aside.map(([start, end]) => bytes.subarray(start, end).toString()),
    places: seen.map(({ place }) => place),
  };
}
