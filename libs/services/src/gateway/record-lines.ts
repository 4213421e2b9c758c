import type { BlobStore, StoredArtifact } from '@attune/platform';
import { z } from 'zod';

/** Where every so-many-th line of an NDJSON artifact begins. */
export const LineIndex = z.object({ every: z.int().min(1), offsets: z.array(z.number()), records: z.int() });
export type LineIndex = z.infer<typeof LineIndex>;

const LF = 0x0a;

/** Lines [first, first + limit) of an NDJSON artifact, read from the nearest indexed one. Only LF ends a line: a value may hold U+2028. */
export async function readLines(
  blobs: BlobStore,
  artifact: StoredArtifact,
  index: LineIndex,
  first: number,
  limit: number,
): Promise<string[]> {
  const start = index.offsets[Math.floor(first / index.every)];
  if (start === undefined || first >= index.records) return [];
  const lines: string[] = [];
  let skip = first % index.every;
  let rest: Buffer = Buffer.alloc(0);
  const source = blobs.open(artifact.storageKey, { start, end: artifact.bytes - 1 });
  for await (const chunk of source as AsyncIterable<Buffer>) {
    const bytes = rest.length > 0 ? Buffer.concat([rest, chunk]) : chunk;
    let from = 0;
    for (let end = bytes.indexOf(LF); end >= 0 && lines.length < limit; end = bytes.indexOf(LF, from)) {
      if (skip-- <= 0) lines.push(bytes.toString('utf8', from, end));
      from = end + 1;
    }
    if (lines.length === limit) break;
    rest = bytes.subarray(from);
  }
  source.destroy();
  return lines;
}

/** All lines of an NDJSON artifact, as many at a time as a block of the file holds. */
export async function* linesOf(source: AsyncIterable<Buffer>): AsyncGenerator<readonly string[]> {
  let rest: Buffer = Buffer.alloc(0);
  for await (const chunk of source) {
    const bytes = rest.length > 0 ? Buffer.concat([rest, chunk]) : chunk;
    const end = bytes.lastIndexOf(LF);
    if (end >= 0) yield bytes.toString('utf8', 0, end).split('\n');
    rest = bytes.subarray(end + 1);
  }
  if (rest.length > 0) yield [rest.toString('utf8')];
}
