import { readFileSync, statSync } from 'node:fs';
import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { LineageBody } from '@attune/api';
import type { LeftFile } from '@attune/core';
import {
  type DuplicatePair,
  equalRowsCopy,
  errorsIn,
  type LineIndex,
  linesOfList,
  listCopy,
  type ListName,
  MendedBytes,
  MendedRecord,
  partColumns,
  passMended,
  type Profile,
  quarantineFailure,
  type RecordLine,
  restatedDuplicates,
  restatedLedger,
  restatedLineage,
  restatedProfile,
  restateList,
  silverCopy,
  TransformPass,
  type TransformResult,
  withoutRecords,
} from '@attune/pipeline';
import { DuckDb, limitsFor } from '../duckdb.js';
import { entityOf } from '../entity-of.js';
import { writeListParquet } from '../list-parquet.js';
import type { Task, TaskInputs } from '../protocol.js';
import { InputFile, ScratchFile } from '../scratch-file.js';

type Input = TaskInputs['fixes'];

const PART = 'silver.part.csv';
const ALL = 'silver.all.parquet';
const EQUALS = 'equals.json';

/**
 * A resubmission: the mended records alone go through a pass of their own and become a shard of silver. Rows that equal one of an earlier
 * shard are merged into it. The lists and reports are written anew for all shards together; the earlier shards' silver is only read.
 */
export const fixesTask: Task<'fixes'> = async (input, { limits, onProgress, timed }) => {
  const mended = (await readFile(input.mended, 'utf8'))
    .trimEnd()
    .split('\n')
    .map((line) => MendedRecord.parse(JSON.parse(line)));
  const passed = await timed('fixes.pass', () => Promise.resolve(pass(input, mended)));
  onProgress({ done: 1, total: 3 });
  const columns = partColumns(input.plan, entityOf(input.plan));
  const at = (file: string): string => join(input.scratch, file);
  const db = await DuckDb.open(input.scratch, limitsFor(limits, columns.length));
  try {
    await db.run(silverCopy(columns, { path: at(PART), longestRow: passed.result.longestRow, bytes: statSync(at(PART)).size }, at(ALL)));
    const equals = await timed('fixes.equals', () => equalRows(db, input, columns, passed));
    onProgress({ done: 2, total: 3 });
    const merged = input.plan.options.remove_duplicates ? equals.map(({ record }) => record) : [];
    if (merged.length === 0) await rename(at(ALL), at('silver.parquet'));
    else await db.run(withoutRecords(columns, at(ALL), merged, at('silver.parquet')));
    return await timed('fixes.store', () => leave(db, input, passed, equals, merged.length));
  } finally {
    db.close();
    for (const file of [PART, ALL, EQUALS]) await rm(at(file), { force: true });
  }
};

interface Passed {
  readonly result: TransformResult;
  readonly sent: ReadonlySet<number>;
  /** What the pass over the mended records has said, of each list. */
  readonly lists: Readonly<Record<ListName, readonly RecordLine[]>>;
}

function pass({ plan, scratch }: Input, mended: readonly MendedRecord[]): Passed {
  const part = new ScratchFile(join(scratch, PART));
  const [findings, quarantine, duplicates] = [new Said(), new Said(), new Said()];
  const bytes = new MendedBytes();
  try {
    const transform = new TransformPass(plan, entityOf(plan), { part, findings, quarantine, duplicates, readInput: bytes.read });
    const result = passMended(mended, plan, transform, bytes);
    const lists = { findings: findings.lines(), quarantine: quarantine.lines(), duplicates: duplicates.lines() };
    return { result, sent: new Set(mended.map(({ record }) => record)), lists };
  } finally {
    part.close();
  }
}

/** The lines about the mended records: as many as a request may hold. */
class Said {
  readonly #blocks: Uint8Array[] = [];

  write(bytes: Uint8Array): void {
    this.#blocks.push(bytes.slice());
  }

  lines(): readonly RecordLine[] {
    return Array.from(linesOfList(this.#blocks), ({ record, bytes }) => ({ record, bytes: bytes.slice() }));
  }
}

/**
 * Mended rows that are in an earlier shard already. Not known, and so none, where two different records may have the same row: silver does
 * not hold what a lossy mapping has left out, nor the control characters that were removed from a value.
 */
async function equalRows(
  db: DuckDb,
  input: Input,
  columns: ReturnType<typeof partColumns>,
  { lists }: Passed,
): Promise<readonly DuplicatePair[]> {
  if (columns.some(({ role }) => role === 'identity')) return [];
  const target = join(input.scratch, EQUALS);
  await db.run(equalRowsCopy(columns, join(input.scratch, ALL), input.silver, target));
  const found = readFileSync(target, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as DuplicatePair);
  if (found.length === 0) return [];
  const survivors = new Set(found.map(({ survivor_record: record }) => record));
  const altered = new Set([...alteredIn(lists.findings), ...alteredIn(listed(input.findings), survivors)]);
  return found.filter(({ record, survivor_record: survivor }) => !altered.has(record) && !altered.has(survivor));
}

const ALTERED = Buffer.from('"code":"text.control_character"');

/** Records from whose values control characters were removed. */
function* alteredIn(lines: Iterable<RecordLine>, among?: ReadonlySet<number>): Generator<number> {
  for (const { record, bytes } of lines)
    if (among?.has(record) !== false && Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).includes(ALTERED)) yield record;
}

function* listed(path: string): Generator<RecordLine> {
  const file = new InputFile(path);
  try {
    yield* linesOfList(file.chunks(0, file.size));
  } finally {
    file.close();
  }
}

async function leave(
  db: DuckDb,
  input: Input,
  passed: Passed,
  equals: readonly DuplicatePair[],
  mergedEarlier: number,
): ReturnType<Task<'fixes'>> {
  const { scratch, plan, generation } = input;
  const { result, lists } = passed;
  const among = lists.duplicates.map(({ bytes }) => JSON.parse(new TextDecoder().decode(bytes)) as DuplicatePair);
  const duplicates = restatedDuplicates(among, equals).map((pair) => ({ record: pair.record, bytes: Buffer.from(JSON.stringify(pair)) }));
  const quarantine = lists.quarantine.map((line) => triedIn(line, generation));
  const files: LeftFile[] = [];
  for (const [list, added] of Object.entries({ findings: lists.findings, quarantine, duplicates }) as [ListName, readonly RecordLine[]][])
    files.push(...(await leaveList(db, input, list, passed.sent, added)));
  const profile = restatedProfile(await json<Profile>(input.profile), result.profile);
  const lineage = restatedLineage(await json<LineageBody>(input.lineage), result.lineage);
  await writeFile(join(scratch, 'profile.json'), JSON.stringify(profile), { flag: 'wx' });
  await writeFile(join(scratch, 'lineage.json'), JSON.stringify(lineage), { flag: 'wx' });
  const ledger = restatedLedger(input.ledger, { pass: result.ledger, mergedEarlier });
  const failure = quarantineFailure(ledger, plan.quarantine_limit);
  return {
    files: [
      { kind: 'silver', file: 'silver.parquet', records: result.ledger.recordsOut - mergedEarlier },
      ...files,
      { kind: 'profile', file: 'profile.json' },
      { kind: 'lineage', file: 'lineage.json' },
    ],
    ledger,
    errorsFound: errorsIn(profile) + ledger.recordsQuarantined,
    ...(failure === undefined ? {} : { failure }),
  };
}

async function leaveList(
  db: DuckDb,
  input: Input,
  list: ListName,
  sent: ReadonlySet<number>,
  added: readonly RecordLine[],
): Promise<readonly LeftFile[]> {
  const at = (file: string): string => join(input.scratch, file);
  const written = new ScratchFile(at(`${list}.ndjson`));
  let index: LineIndex;
  try {
    index = restateList(listed(input[list]), sent, added, written);
  } finally {
    written.close();
  }
  await writeFile(at(`${list}.index.json`), JSON.stringify(index), { flag: 'wx' });
  const { records } = index;
  const target = at(`${list}.parquet`);
  await writeListParquet(db, list, { records, copy: listCopy(list, at(`${list}.ndjson`), target), target });
  return [
    { kind: list, file: `${list}.ndjson`, records },
    { kind: `${list}_index`, file: `${list}.index.json` },
    { kind: `${list}_parquet`, file: `${list}.parquet`, records },
  ];
}

/** The line of a record that is still set aside says since when it is as it is. */
function triedIn({ record, bytes }: RecordLine, generation: number): RecordLine {
  const text = new TextDecoder().decode(bytes);
  return { record, bytes: Buffer.from(`${text.slice(0, -1)},"generation":${generation}}`) };
}

const json = async <T>(path: string): Promise<T> => JSON.parse(await readFile(path, 'utf8')) as T;
