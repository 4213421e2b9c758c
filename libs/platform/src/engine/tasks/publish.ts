import { copyFile, link, mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { LeftFile } from '@attune/core';
import { findOutput, formulaQuestion, type FolderPlan, type Output, type OutputOptions, type ResultColumn } from '@attune/outputs';
import { silverColumns } from '@attune/pipeline';
import { DuckDb, limitsFor, type DuckDbLimits } from '../duckdb.js';
import { entityOf } from '../entity-of.js';
import type { Task } from '../protocol.js';
import { writeWorkbook } from '../write-workbook.js';
import { zipFolder } from './folder-zip.js';

/** Writes the result in every format asked for. */
export const publishTask: Task<'publish'> = async (
  { silver, silverCsv, plan, formats, records, scratch, options: said },
  { limits, onProgress, timed },
) => {
  const columns = silverColumns(plan, entityOf(plan)).map(({ name, type }): ResultColumn => ({ name, isText: type === 'VARCHAR' }));
  const options = { defuseFormulas: said?.defuseFormulas ?? true, partitionBy: said?.partitionBy ?? [] };
  const publishing: Publishing = { silver, silverCsv, records, columns, options, scratch, limits: limitsFor(limits, columns.length) };
  const files: LeftFile[] = [];
  for (const output of [...new Set(formats)].map(findOutput)) {
    const file = `result.${output.extension}`;
    await timed(`publish.${output.name}`, () => write(output, join(scratch, file), publishing));
    files.push({ kind: `result_${output.name}`, file, records });
    onProgress({ done: files.length, total: formats.length });
  }
  return { files };
};

interface Publishing {
  readonly silver: readonly string[];
  readonly silverCsv: string | undefined;
  readonly records: number;
  readonly columns: readonly ResultColumn[];
  readonly options: OutputOptions;
  readonly scratch: string;
  readonly limits: DuckDbLimits;
}

async function write(output: Output, path: string, publishing: Publishing): Promise<void> {
  const { silver, silverCsv, columns, options, scratch, limits } = publishing;
  if (output.folder === undefined && output.sameAsSilver && silver.length === 1) return handOn(silver[0]!, path);
  if (output.name === 'csv' && silverCsv !== undefined) return handOn(silverCsv, path);
  // In several threads each would write files of its own into a folder, cut where it happened to be.
  const db = await DuckDb.open(scratch, output.folder === undefined ? limits : { ...limits, threads: 1 });
  try {
    if (output.folder === undefined) {
      const shown = output.defuses && options.defuseFormulas ? await toDefuse(db, silver, columns) : columns;
      await db.run(output.copy(silver, output.workbook ? `${path}.csv` : path, shown, options));
    } else await writeFolder(db, output.folder(silver, columns, options), `${path}.folder`);
  } finally {
    db.close();
  }
  if (output.folder !== undefined) await zipFolder(`${path}.folder`, path);
  if (output.folder === undefined && output.workbook) await makeWorkbook(`${path}.csv`, path, publishing);
}

/** Columns of one question: preparing it takes time with the square of their number. */
const ASKED_AT_ONCE = 64;

/** The columns, as text only where silver holds a text that may have to be defused. */
async function toDefuse(db: DuckDb, silver: readonly string[], columns: readonly ResultColumn[]): Promise<readonly ResultColumn[]> {
  const texts = columns.filter(({ isText }) => isText);
  const suspects = new Set<string>();
  for (let from = 0; from < texts.length; from += ASKED_AT_ONCE) {
    const asked = texts.slice(from, from + ASKED_AT_ONCE);
    const found = await db.numbers(formulaQuestion(silver, asked));
    asked.forEach(({ name }, i) => found[i] === 1 && suspects.add(name));
  }
  return columns.map(({ name }) => ({ name, isText: suspects.has(name) }));
}

async function writeFolder(db: DuckDb, { question, copies }: FolderPlan, target: string): Promise<void> {
  for (const { folder, copy } of copies(question === undefined ? [] : await db.texts(question))) {
    const path = join(target, folder);
    await mkdir(path, { recursive: true });
    await db.run(copy(path));
  }
}

async function makeWorkbook(text: string, path: string, { columns, records }: Publishing): Promise<void> {
  await writeWorkbook(text, columns, records, path);
  await rm(text);
}

/** A second name for the same bytes where the file system can, else a copy. */
async function handOn(file: string, target: string): Promise<void> {
  await link(file, target).catch(() => copyFile(file, target));
}
