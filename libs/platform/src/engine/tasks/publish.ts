import { copyFile, link } from 'node:fs/promises';
import { join } from 'node:path';
import type { LeftFile } from '@attune/core';
import { findOutput } from '@attune/outputs';
import { silverColumns } from '@attune/pipeline';
import { DuckDb, limitsFor } from '../duckdb.js';
import { entityOf } from '../entity-of.js';
import type { Task } from '../protocol.js';

/** Writes the result in every format asked for. */
export const publishTask: Task<'publish'> = async ({ silver, plan, formats, records, scratch }, { limits, onProgress, timed }) => {
  const columns = silverColumns(plan, entityOf(plan)).map(({ name }) => name);
  const files: LeftFile[] = [];
  const db = await DuckDb.open(scratch, limitsFor(limits, columns.length));
  try {
    for (const output of [...new Set(formats)].map(findOutput)) {
      const file = `result.${output.extension}`;
      const path = join(scratch, file);
      await timed(`publish.${output.name}`, () =>
        output.sameAsSilver && silver.length === 1 ? handOn(silver[0]!, path) : db.run(output.copy(silver, path, columns)),
      );
      files.push({ kind: `result_${output.name}`, file, records });
      onProgress({ done: files.length, total: formats.length });
    }
  } finally {
    db.close();
  }
  return { files };
};

/** A second name for the same bytes where the file system can, else a copy. */
async function handOn(file: string, target: string): Promise<void> {
  await link(file, target).catch(() => copyFile(file, target));
}
