import { statSync } from 'node:fs';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { LeftFile } from '@attune/core';
import { listCopy, partColumns, silverCopy, TransformPass, type LineIndex, type ListName, type TransformResult } from '@attune/pipeline';
import { DecodedInput } from '../container/decoded-input.js';
import { DuckDb, limitsFor } from '../duckdb.js';
import { entityOf } from '../entity-of.js';
import type { Task, TaskContext, TaskInputs } from '../protocol.js';
import { ScratchFile } from '../scratch-file.js';
import { readAll } from './full-read.js';
import { MemberReads } from './member-reads.js';
import { PassProgress } from './pass-progress.js';

const PART = 'silver.part.csv';
const LISTS = ['findings', 'quarantine', 'duplicates'] as const satisfies readonly ListName[];

/** The one full pass over the input, then its rows as typed Parquet and its lists as NDJSON and Parquet. */
export const transformTask: Task<'transform'> = async (input, context) => {
  const result = await context.timed('transform.pass', () => pass(input, context));
  const files = await context.timed('transform.store', () => store(input, result, context));
  await rm(join(input.scratch, PART));
  return {
    files,
    ledger: result.ledger,
    errorsFound: result.errorsFound,
    ...(result.failure === undefined ? {} : { failure: result.failure }),
  };
};

async function pass(
  { input, plan, scratch, planFindings }: TaskInputs['transform'],
  { limits, onProgress }: TaskContext,
): Promise<TransformResult> {
  const progress = new PassProgress(statSync(input).size, plan.container !== 'none', onProgress);
  const source = await DecodedInput.open(input, plan.container, scratch, {
    limit: limits.inflatedBytes,
    onRead: (bytes) => progress.inflated(bytes),
  });
  const part = new ScratchFile(join(scratch, PART));
  const [findings, quarantine, duplicates] = LISTS.map((list) => new ScratchFile(join(scratch, `${list}.ndjson`)));
  const ports = { part, findings: findings!, quarantine: quarantine!, duplicates: duplicates! };
  try {
    const members = new MemberReads(source);
    const transform = new TransformPass(plan, entityOf(plan), { ...ports, readInput: members.readReceived }, { planFindings });
    const account = await readAll(members, plan, transform, (bytes) => progress.read(bytes, source.size));
    return transform.finish(account, source.size);
  } finally {
    source.close();
    for (const file of Object.values(ports)) file.close();
  }
}

async function store(
  { plan, scratch }: TaskInputs['transform'],
  result: TransformResult,
  { limits }: TaskContext,
): Promise<readonly LeftFile[]> {
  const columns = partColumns(plan, entityOf(plan));
  const at = (file: string): string => join(scratch, file);
  const db = await DuckDb.open(scratch, limitsFor(limits, columns.length));
  try {
    await db.run(silverCopy(columns, { path: at(PART), bytes: result.partBytes, longestRow: result.longestRow }, at('silver.parquet')));
    for (const list of LISTS) {
      await db.run(listCopy(list, at(`${list}.ndjson`), at(`${list}.parquet`)));
      await writeFile(at(`${list}.index.json`), JSON.stringify(result[list]), { flag: 'wx' });
    }
  } finally {
    db.close();
  }
  await writeFile(at('profile.json'), JSON.stringify(result.profile), { flag: 'wx' });
  await writeFile(at('lineage.json'), JSON.stringify(result.lineage), { flag: 'wx' });
  return [
    { kind: 'silver', file: 'silver.parquet', records: result.ledger.recordsOut },
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
