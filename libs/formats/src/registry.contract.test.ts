import { Buffer } from 'node:buffer';
import { isDeepStrictEqual } from 'node:util';
import { emptyAccount } from './text/account.js';
import { detectText } from './text/detect.js';
import { openReader } from './text/open-reader.js';
import type { ReaderOptions, RecordReader, TextPlan } from './text/record-reader.js';
import { structuredFormats } from './registry.js';
import type { StructuredExample } from './structured-format.js';

interface Seen {
  readonly record: number;
  readonly line: number;
  readonly byteOffset: number;
  readonly byteLength: number;
  readonly fields?: readonly (string | null)[];
  readonly code?: string;
}

function planOf({ text, sampleBytes }: StructuredExample): TextPlan & { columns: readonly { name: string }[] } {
  const head = Buffer.from(text);
  const detection = detectText({ head: head.subarray(0, sampleBytes), size: head.length, fingerprint: () => '' });
  return { ...detection, comments: null, trailers: null };
}

function seenBy({ batch, rejected }: RecordReader): Seen[] {
  const seen: Seen[] = rejected.map(({ code, record, line, byteOffset, byteLength }) => ({ code, record, line, byteOffset, byteLength }));
  for (let r = 0; r < batch.n; r++) {
    const fields = Array.from({ length: batch.width }, (_, c) => {
      const cell = r * batch.width + c;
      return batch.starts[cell]! < 0 ? null : Buffer.from(batch.buf.subarray(batch.starts[cell], batch.ends[cell])).toString('utf8');
    });
    const { record, line, byteOffset, byteLength } = batch;
    seen.push({ record: record[r]!, line: line[r]!, byteOffset: byteOffset[r]!, byteLength: byteLength[r]!, fields });
  }
  return seen.sort((a, b) => a.record - b.record);
}

const bytesOf = ({ account: { header, accepted, quarantined, blank, comment } }: RecordReader): number =>
  header + accepted + quarantined + blank + comment;

/** Reads what lies in `source` from the place on, so many bytes more at a time; every byte has to be accounted for after every read. */
function readAll(
  plan: TextPlan,
  width: number,
  source: Uint8Array,
  sizes: readonly number[],
  options: ReaderOptions = {},
  stopAt?: number,
) {
  const reader = openReader(plan, width, options);
  const buf = Uint8Array.from(source);
  const seen: Seen[] = [];
  let from = 0;
  let to = 0;
  for (let i = 0, last = false; !last && !(stopAt !== undefined && from >= stopAt); i++) {
    to = Math.min(buf.length, to + sizes[i % sizes.length]!);
    last = to === buf.length;
    for (let consumed = 1; consumed > 0;) {
      consumed = reader.read(buf, from, to, last, stopAt);
      from += consumed;
      seen.push(...seenBy(reader));
      if (bytesOf(reader) !== from) throw new Error('A byte is unaccounted for.');
    }
  }
  expect(from).toBe(stopAt ?? buf.length);
  for (const { code, byteOffset, byteLength } of seen) {
    const start = byteOffset - (options.at?.byteOffset ?? 0);
    const received = Buffer.from(source.subarray(start, start + byteLength));
    if (code !== undefined && !received.equals(buf.subarray(start, start + byteLength))) throw new Error('Bytes were changed.');
  }
  const { recordsAccepted, recordsQuarantined } = reader.account;
  expect(recordsAccepted + recordsQuarantined).toBe(seen.length);
  return { seen, account: { ...reader.account } };
}

const CASES = structuredFormats.flatMap(({ name, examples }) => examples.map((example, i) => [`${name} ${i}`, example] as const));
test('every structured format brings examples', () => {
  expect(structuredFormats.filter(({ examples }) => examples.length === 0)).toEqual([]);
});

describe.each(CASES)('%s', (_, example) => {
  const source = Buffer.from(example.text);
  const plan = planOf(example);
  const width = plan.columns.length;
  const whole = readAll(plan, width, source, [source.length]);

  test('is detected with its columns and read as the example says', () => {
    expect(plan.columns.map(({ name }) => name)).toEqual(example.columns);
    expect(whole.seen.flatMap(({ fields }) => (fields === undefined ? [] : [fields]))).toEqual(example.records);
    expect(whole.seen.flatMap(({ code }) => code ?? [])).toEqual(example.rejected ?? []);
  });

  test('is read the same byte by byte, in small batches, and cut in two anywhere', () => {
    expect(readAll(plan, width, source, [1])).toEqual(whole);
    expect(readAll(plan, width, source, [1], { batchRecords: 1 })).toEqual(whole);
    expect(readAll(plan, width, source, [7, 2], { batchRecords: 3 })).toEqual(whole);
    for (let cut = 1; cut < source.length; cut++) {
      const read = readAll(plan, width, source, [cut, source.length]);
      if (!isDeepStrictEqual(read, whole)) expect(read).toEqual(whole);
    }
  });

  test('is read the same from every record on, and up to every record', () => {
    for (const [i, { byteOffset, byteLength, line, record }] of whole.seen.entries()) {
      const at = { byteOffset, line, records: record - 1 };
      expect(readAll(plan, width, source.subarray(byteOffset), [source.length], { at }).seen).toEqual(whole.seen.slice(i));
      // What is missing at the end of the stream is told by whoever reads that end.
      if (i === 0 || byteLength === 0) continue;
      const before = readAll(plan, width, source, [13], { batchRecords: 2 }, byteOffset);
      expect(before.seen).toEqual(whole.seen.slice(0, i));
      const behind = readAll(plan, width, source.subarray(byteOffset), [source.length], { at });
      const sum = Object.entries(emptyAccount()).map(([key]) => {
        const one = key as keyof typeof before.account;
        return [key, before.account[one] + behind.account[one]];
      });
      expect(Object.fromEntries(sum)).toEqual(whole.account);
    }
  });
});
