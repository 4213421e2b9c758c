import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { silverCopy, type SilverColumn } from '@attune/pipeline';
import { attemptFolder } from './attempt-folder.fixture.js';
import { DuckDb } from './duckdb.js';
import { ScratchFile } from './scratch-file.js';
import { SilverStream } from './silver-stream.js';

const { attempt } = attemptFolder('attune-silver-stream-');
const column = (name: string): SilverColumn => ({ name, type: 'VARCHAR', role: 'field', sources: [] });
const COLUMNS = [column('a'), column('b')];
const PART = 'part.csv';
const SILVER = 'silver.parquet';

interface Streamed {
  readonly part: ScratchFile;
  readonly stream: SilverStream;
  readonly scratch: string;
  readonly db: DuckDb;
}

/** A stream over a part that holds the header already. */
async function streamed<T>(work: (streamed: Streamed) => Promise<T>): Promise<T> {
  const scratch = await attempt();
  const part = new ScratchFile(join(scratch, PART));
  const db = await DuckDb.open(scratch, { memoryLimitMb: 192, threads: 1 });
  try {
    part.write(Buffer.from('a,b\n'));
    const stream = await SilverStream.open(db, COLUMNS, { scratch, part, target: join(scratch, SILVER) });
    return await work({ part, stream: stream!, scratch, db });
  } finally {
    part.close();
    db.close();
  }
}

const rows = (from: number, count: number): Buffer =>
  Buffer.from(Array.from({ length: count }, (_, i) => `${from + i},"row, ${'x'.repeat((from + i) % 90)}"\n`).join(''));

test('silver of rows that are read while they are written is, byte for byte, silver of the finished part', () =>
  streamed(async ({ part, stream, scratch, db }) => {
    for (let from = 0; from < 300_000; from += 10_000) {
      part.write(rows(from, 10_000));
      stream.more();
      await setImmediate();
    }
    expect(await stream.end()).toBe(true);
    await db.run(silverCopy(COLUMNS, { path: join(scratch, PART), longestRow: 0 }, join(scratch, 'after.parquet')));
    const [during, after] = await Promise.all([SILVER, 'after.parquet'].map((name) => readFile(join(scratch, name))));
    expect(during!.equals(after!)).toBe(true);
    expect(existsSync(join(scratch, 'silver.pipe'))).toBe(false);
  }));

test('writing rows never waits for DuckDB', () =>
  streamed(async ({ part, stream }) => {
    // Far more than a pipe holds, and DuckDB gets no turn in between to say that it was read.
    for (let from = 0; from < 200_000; from += 10_000) {
      part.write(rows(from, 10_000));
      stream.more();
    }
    expect(await stream.end()).toBe(true);
  }));

test('a row that DuckDB refuses to read ends the stream: silver is not whole, nobody waits', () =>
  streamed(async ({ part, stream }) => {
    part.write(rows(0, 1000));
    part.write(Buffer.from(`1,${'x'.repeat(3 << 20)}\n`));
    part.write(rows(0, 200_000));
    expect(await stream.end()).toBe(false);
  }));

test('a stream that is given up ends where it is', () =>
  streamed(async ({ part, stream, scratch }) => {
    part.write(rows(0, 200_000));
    stream.more();
    await setImmediate();
    await stream.giveUp();
    expect(existsSync(join(scratch, 'silver.pipe'))).toBe(false);
  }));
