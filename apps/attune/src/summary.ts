import type { JobBody, RowLedgerBody } from '@attune/api';
import { count } from './progress.js';

/** What a finished job came to, in a few lines for people: the outcome, the conservation of records, the files. */
export function summaryOf(job: JobBody, files: readonly string[] = []): string {
  const totals = totalsOf(job.row_ledger);
  const lines: string[] = [];
  if (job.status === 'completed' && totals.in === 0) lines.push('Warning: the file held no record.');
  lines.push(`${job.job_id} ${job.status}${tookOf(job)}`);
  if (job.error !== null)
    lines.push(`  ${job.error.code}: ${job.error.detail}${job.error.stage === null ? '' : ` (stage ${job.error.stage})`}`);
  if (job.row_ledger.length > 0) {
    const { in: taken, out, quarantined, merged, dropped } = totals;
    lines.push(
      `  ${count(taken)} records in = ${count(out)} out + ${count(quarantined)} quarantined + ${count(merged)} merged + ${count(dropped)} dropped`,
    );
  }
  if (job.metrics.errors_found > 0) lines.push(`  errors found: ${count(job.metrics.errors_found)}`);
  for (const file of files) lines.push(`  ${file}`);
  return `${lines.join('\n')}\n`;
}

/** The ledgers of consecutive stages as one: in of the first, out of the last, and what was lost on the way. */
export function totalsOf(ledger: readonly RowLedgerBody[]) {
  const sum = (pick: (entry: RowLedgerBody) => number): number => ledger.reduce((total, entry) => total + pick(entry), 0);
  return {
    in: ledger[0]?.records_in ?? 0,
    out: ledger.at(-1)?.records_out ?? 0,
    quarantined: sum((entry) => entry.records_quarantined),
    merged: sum((entry) => entry.records_merged),
    dropped: sum((entry) => entry.records_dropped),
  };
}

function tookOf({ created_at, completed_at }: JobBody): string {
  if (completed_at === null) return '';
  return ` after ${((Date.parse(completed_at) - Date.parse(created_at)) / 1000).toFixed(1)} s`;
}
