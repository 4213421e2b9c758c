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
import { CarefulWay } from '../careful.js';
import { identityOf, type Checkpoint } from '../checkpoint.js';
import { Checkpoints } from '../checkpoints.js';
import { DecodedInput } from '../container/decoded-input.js';
import { areDecoded } from '../decoded-file.js';
import { DuckDb, limitsFor } from '../duckdb.js';
import { entityOf } from '../entity-of.js';
import { writeListParquet } from '../list-parquet.js';
import { PASS_FILES, PassFiles } from '../pass-files.js';
import type { Task, TaskInputs } from '../protocol.js';
import { SilverStream } from '../silver-stream.js';
import { isWorthThreads, readThreaded } from '../threads/threaded-read.js';
import { readDecoded } from './decoded-read.js';
import { CHUNK_BYTES, readAll } from './full-read.js';
import { MemberReads } from './member-reads.js';
import { PassProgress } from './pass-progress.js';
import { SETTLED_FILES, settleLate, type SettledFiles } from './settle-late.js';

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
      const { shardBytes, dedupBytes } = context.limits;
      const chunkBytes = Math.min(CHUNK_BYTES, shardBytes);
      const threads =
        input.careful === undefined && isWorthThreads(plan, source.size, context.limits.threads, chunkBytes) ? context.limits.threads : 1;
      const reading = { source, threads, chunkBytes, shardBytes, dedupBytes, onRead };
      const passed = await context.timed('transform.pass', () => pass(input, reading, { db, columns }));
      const files = await context.timed('transform.store', () => store(input, passed, { db, columns }));
      const { ledger, errorsFound, failure, partIsCsv } = passed.result;
      const { part, duplicates } = passed.files;
      const csv = partIsCsv && plan.options.output_formats.includes('csv');
      await removeBut(scratch, csv ? [part, duplicates] : [duplicates]);
      return {
        files: [...files, ...(csv ? [{ kind: 'silver_csv', file: part, records: ledger.recordsOut } as const] : [])],
        ledger,
        errorsFound,
        ...(failure === undefined ? {} : { failure }),
      };
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
  readonly chunkBytes: number;
  readonly shardBytes: number;
  readonly dedupBytes: number;
  readonly onRead: (bytes: number) => void;
}

/** DuckDB has one thread here: the rest is ours, and equal bytes for any number of ours are easier with one of its. */
interface Store {
  readonly db: DuckDb;
  readonly columns: readonly SilverColumn[];
}

interface Passed {
  readonly result: TransformResult;
  readonly files: SettledFiles;
  /** Silver was written on the way. */
  readonly stored: boolean;
}

async function pass(input: TaskInputs['transform'], reading: Reading, store: Store): Promise<Passed> {
  const files = new PassFiles(input.scratch);
  let stream: SilverStream | undefined;
  try {
    const { source, chunkBytes } = reading;
    const checkpoints = checkpointsOf(input, reading, files);
    const earlier = await checkpoints?.earlier();
    if (source.size > chunkBytes && input.careful === undefined)
      stream = await SilverStream.open(store.db, store.columns, {
        scratch: input.scratch,
        part: files.of('part'),
        target: join(input.scratch, SILVER),
      });
    const read = await readRecords(input, reading, { files, stream, checkpoints, earlier });
    // Rows that were streamed and then left out are in that silver.
    if (read.files.part === PASS_FILES.part) return { ...read, stored: (await stream?.end()) ?? false };
    await stream?.giveUp();
    return { ...read, stored: false };
  } catch (error) {
    await stream?.giveUp();
    throw error;
  } finally {
    files.close();
  }
}

/** Undefined where none are kept: a small input is read again as quickly as a checkpoint of it is found and opened. */
function checkpointsOf(
  { plan, scratch, planFindings, resume, careful }: TaskInputs['transform'],
  { source, shardBytes, dedupBytes }: Reading,
  files: PassFiles,
): Checkpoints | undefined {
  if (resume === undefined || careful !== undefined || source.size <= shardBytes) return undefined;
  const identity = identityOf(resume.version, resume.input, plan, planFindings, source.findings, source.members, dedupBytes);
  return new Checkpoints(scratch, { identity, earlier: resume.earlier, shardBytes, end: source.size }, files);
}

interface Passing {
  readonly files: PassFiles;
  readonly stream: SilverStream | undefined;
  readonly checkpoints: Checkpoints | undefined;
  readonly earlier: Checkpoint | undefined;
}

async function readRecords(
  input: TaskInputs['transform'],
  { source, threads, chunkBytes, dedupBytes, onRead }: Reading,
  { files, stream, checkpoints, earlier }: Passing,
): Promise<Omit<Passed, 'stored'>> {
  const { plan, planFindings } = input;
  const members = new MemberReads(source);
  const [findings, quarantine, duplicates] = LISTS.map((list) => files.of(list));
  const transform = new TransformPass(
    plan,
    entityOf(plan),
    {
      part: files.of('part'),
      findings: findings!,
      quarantine: quarantine!,
      duplicates: duplicates!,
      ...(checkpoints === undefined ? {} : { entered: files.of('entered') }),
      late: { budgetBytes: dedupBytes, rows: files.of('late') },
      readInput: members.readReceived,
    },
    { planFindings: [...planFindings, ...source.findings], ...(earlier === undefined ? {} : { earlier: earlier.pass }) },
  );
  if (earlier !== undefined) {
    for (const block of files.blocks('entered')) transform.reenter(new Int32Array(block.buffer, 0, block.length / 4));
    onRead(earlier.bytes);
  }
  const course = {
    chunkBytes,
    onRead: (bytes: number) => {
      onRead(bytes);
      stream?.more();
    },
    from: earlier?.place,
    ...(checkpoints === undefined ? {} : { onPlace: checkpoints.offer(() => transform.state()) }),
  };
  const careful = input.careful && new CarefulWay(input.scratch, input.careful);
  const { decoded } = input;
  // Without all slices of this very plan and version the records are read here.
  const account =
    decoded !== undefined && careful === undefined && areDecoded(decoded.files, decoded.identity)
      ? await readDecoded(decoded.files, members, transform, course)
      : threads > 1
        ? await readThreaded(members, source.path, plan, transform, { threads, ...course })
        : await readAll(members, plan, transform, { ...course, careful });
  careful?.end();
  const settled = await settleLate(transform, input.scratch, files);
  return { result: transform.finish(account, source.size), files: settled };
}

async function store(
  { scratch }: TaskInputs['transform'],
  { result, files, stored }: Passed,
  { db, columns }: Store,
): Promise<readonly LeftFile[]> {
  const at = (file: string): string => join(scratch, file);
  if (!stored) {
    await rm(at(SILVER), { force: true });
    await db.run(
      silverCopy(columns, { path: at(files.part), longestRow: result.longestRow, bytes: statSync(at(files.part)).size }, at(SILVER)),
    );
  }
  const lists = { findings: PASS_FILES.findings, quarantine: PASS_FILES.quarantine, duplicates: files.duplicates };
  for (const list of LISTS) {
    const target = at(`${list}.parquet`);
    await writeListParquet(db, list, { records: result[list].records, copy: listCopy(list, at(lists[list]), target), target });
    await writeFile(at(`${list}.index.json`), JSON.stringify(result[list]), { flag: 'wx' });
  }
  await writeFile(at('profile.json'), JSON.stringify(result.profile), { flag: 'wx' });
  await writeFile(at('lineage.json'), JSON.stringify(result.lineage), { flag: 'wx' });
  return [
    { kind: 'silver', file: SILVER, records: result.ledger.recordsOut },
    ...LISTS.flatMap((list) => leftList(list, lists[list], result[list])),
    { kind: 'profile', file: 'profile.json' },
    { kind: 'lineage', file: 'lineage.json' },
  ];
}

function leftList(list: ListName, file: string, { records }: LineIndex): readonly LeftFile[] {
  return [
    { kind: list, file, records },
    { kind: `${list}_index`, file: `${list}.index.json` },
    { kind: `${list}_parquet`, file: `${list}.parquet`, records },
  ];
}

/** Removes what only the pass needed, but for the files to be left: rows and lists that were written anew take the place of those before. */
async function removeBut(scratch: string, left: readonly string[]): Promise<void> {
  const { part, duplicates, entered, late } = PASS_FILES;
  const files = [part, duplicates, entered, late, ...Object.values(SETTLED_FILES)].filter((file) => !left.includes(file));
  for (const file of files) await rm(join(scratch, file), { force: true });
}
