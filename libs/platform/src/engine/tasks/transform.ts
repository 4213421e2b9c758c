import { statSync } from 'node:fs';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { LeftFile } from '@attune/core';
import {
  listCopy,
  partColumns,
  silverCopy,
  TransformPass,
  type LineIndex,
  type ListName,
  type SilverColumn,
  type TransformResult,
} from '@attune/pipeline';
import { DecodedInput } from '../container/decoded-input.js';
import { DuckDb, limitsFor } from '../duckdb.js';
import { entityOf } from '../entity-of.js';
import type { Task, TaskInputs } from '../protocol.js';
import { ScratchFile } from '../scratch-file.js';
import { SilverStream } from '../silver-stream.js';
import { CHUNK_BYTES, isWorthThreads, readThreaded } from '../threads/threaded-read.js';
import { readAll } from './full-read.js';
import { MemberReads } from './member-reads.js';
import { PassProgress } from './pass-progress.js';

const PART = 'silver.part.csv';
const SILVER = 'silver.parquet';
const LISTS = ['findings', 'quarantine', 'duplicates'] as const satisfies readonly ListName[];

/** The one full pass over the input: its rows as typed Parquet, its lists as NDJSON and Parquet. */
export const transformTask: Task<'transform'> = async (input, context) => {
  const { plan, scratch } = input;
  const progress = new PassProgress(statSync(input.input).size, plan.container !== 'none', context.onProgress);
  const source = await DecodedInput.open(input.input, plan.container, scratch, {
    limit: context.limits.inflatedBytes,
    duckdb: context.limits,
    table: plan.table,
    onRead: (bytes) => progress.inflated(bytes),
  });
  try {
    const columns = partColumns(plan, entityOf(plan));
    const db = await DuckDb.open(scratch, { ...limitsFor(context.limits, columns.length), threads: 1 });
    try {
      const onRead = (bytes: number): void => progress.read(bytes, source.size);
      const threads = isWorthThreads(plan, source.size, context.limits.threads) ? context.limits.threads : 1;
      const passed = await context.timed('transform.pass', () => pass(input, { source, threads, onRead }, { db, columns }));
      const files = await context.timed('transform.store', () => store(input, passed, { db, columns }));
      await rm(join(scratch, PART));
      const { ledger, errorsFound, failure } = passed.result;
      return { files, ledger, errorsFound, ...(failure === undefined ? {} : { failure }) };
    } finally {
      db.close();
    }
  } finally {
    source.close();
  }
};

/** What is read, by how many threads, and who hears how far. */
interface Reading {
  readonly source: DecodedInput;
  readonly threads: number;
  readonly onRead: (bytes: number) => void;
}

/** DuckDB has one thread here: the rest is ours, and equal bytes for any number of ours are easier with one of its. */
interface Store {
  readonly db: DuckDb;
  readonly columns: readonly SilverColumn[];
}

interface Passed {
  readonly result: TransformResult;
  /** Silver was written on the way. */
  readonly stored: boolean;
}

async function pass(
  { plan, scratch, planFindings }: TaskInputs['transform'],
  { source, threads, onRead }: Reading,
  { db, columns }: Store,
): Promise<Passed> {
  const stream = source.size > CHUNK_BYTES ? await SilverStream.open(db, columns, scratch, join(scratch, SILVER)) : undefined;
  const part = new ScratchFile(join(scratch, PART));
  const [findings, quarantine, duplicates] = LISTS.map((list) => new ScratchFile(join(scratch, `${list}.ndjson`)));
  const ports = { part, findings: findings!, quarantine: quarantine!, duplicates: duplicates! };
  try {
    const members = new MemberReads(source);
    const transform = new TransformPass(
      plan,
      entityOf(plan),
      { ...ports, part: stream === undefined ? part : both(part, stream), readInput: members.readReceived },
      { planFindings: [...planFindings, ...source.findings] },
    );
    const account =
      threads > 1
        ? await readThreaded(members, source.path, plan, transform, { threads, onRead })
        : await readAll(members, plan, transform, onRead);
    const stored = (await stream?.end()) ?? false;
    return { result: transform.finish(account, source.size), stored };
  } catch (error) {
    await stream?.end();
    throw error;
  } finally {
    for (const file of Object.values(ports)) file.close();
  }
}

const both = (part: ScratchFile, stream: SilverStream): Pick<ScratchFile, 'write' | 'read'> => ({
  write: (bytes) => {
    part.write(bytes);
    stream.write(bytes);
  },
  read: (offset, into) => part.read(offset, into),
});

async function store(
  { scratch }: TaskInputs['transform'],
  { result, stored }: Passed,
  { db, columns }: Store,
): Promise<readonly LeftFile[]> {
  const at = (file: string): string => join(scratch, file);
  if (!stored) {
    await rm(at(SILVER), { force: true });
    await db.run(silverCopy(columns, { path: at(PART), bytes: result.partBytes, longestRow: result.longestRow }, at(SILVER)));
  }
  for (const list of LISTS) {
    await db.run(listCopy(list, at(`${list}.ndjson`), at(`${list}.parquet`)));
    await writeFile(at(`${list}.index.json`), JSON.stringify(result[list]), { flag: 'wx' });
  }
  await writeFile(at('profile.json'), JSON.stringify(result.profile), { flag: 'wx' });
  await writeFile(at('lineage.json'), JSON.stringify(result.lineage), { flag: 'wx' });
  return [
    { kind: 'silver', file: SILVER, records: result.ledger.recordsOut },
    ...LISTS.flatMap((list) => leftList(list, result[list])),
    { kind: 'profile', file: 'profile.json' },
    { kind: 'lineage', file: 'lineage.json' },
  ];
}

function leftList(list: ListName, { records }: LineIndex): readonly LeftFile[] {
  return [
    { kind: list, file: `${list}.ndjson`, records },
    { kind: `${list}_index`, file: `${list}.index.json` },
    { kind: `${list}_parquet`, file: `${list}.parquet`, records },
  ];
}
