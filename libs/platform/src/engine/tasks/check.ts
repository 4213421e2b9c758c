import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { RowLedger } from '@attune/core';
import { qualityReport, silverAggregates, silverColumns, type Profile } from '@attune/pipeline';
import { DuckDb, limitsFor } from '../duckdb.js';
import { entityOf } from '../entity-of.js';
import type { Task } from '../protocol.js';

/** Asks silver what the quality report needs to know and leaves the report. */
export const checkTask: Task<'check'> = async ({ silver, profile, plan, ledger, scratch }, { limits, onProgress, timed }) => {
  const entity = entityOf(plan);
  const aggregates = silverAggregates(silver, plan, entity);
  const answers: Record<string, number> = {};
  const db = await DuckDb.open(scratch, limitsFor(limits, silverColumns(plan, entity).length));
  try {
    for (const [done, { names, statement }] of aggregates.entries()) {
      const values = await timed('check.aggregates', () => db.numbers(statement));
      names.forEach((name, i) => (answers[name] = values[i] ?? 0));
      onProgress({ done: done + 1, total: aggregates.length });
    }
  } finally {
    db.close();
  }
  const report = qualityReport({ plan, entity, ledger, answers, profile: JSON.parse(await readFile(profile, 'utf8')) as Profile });
  await writeFile(join(scratch, 'quality.json'), JSON.stringify(report), { flag: 'wx' });
  const scores = Object.entries(report.dimensions).flatMap(([dimension, { score }]) =>
    score === null ? [] : [[dimension, score] as const],
  );
  return {
    files: [{ kind: 'quality', file: 'quality.json' }],
    ledger: passedOn(ledger.recordsOut),
    measures: { scores: Object.fromEntries(scores) },
  };
};

/** This stage sets nothing aside: what came in goes out. */
function passedOn(records: number): RowLedger {
  return { recordsIn: records, recordsOut: records, recordsQuarantined: 0, recordsMerged: 0, recordsDropped: 0, dropReasons: {} };
}
