import { shareBar } from './charts.js';
import { fixOf, sentenceOf, severityMark, severityRank } from './finding-kind.js';
import { count, counted, markup, type Html, NOTHING, percentage, term } from './html.js';
import type { ReportFacts, Tally } from './report-facts.js';
import { cell, omitted, type Column, table } from './table.js';

const NAMED_FIELDS = 6;
const MOST_REASONS = 100;

const CODE_COLUMNS: readonly Column[] = [
  { head: 'Code' },
  { head: 'Severity' },
  { head: 'Findings', as: 'n' },
  { head: 'Of the most frequent', as: 'bar' },
  { head: 'What it means, and what to do', as: 'says' },
  { head: 'Fields' },
];

/** What was found, by code, worst and most frequent first. */
export function findingSection({ job, quality: { findings, rules } }: ReportFacts): Html {
  const failures = rules.flatMap(({ severity, failed, fields }): Tally[] =>
    failed === 0 ? [] : [{ code: 'rule.failed', severity, field: fields[0] ?? null, count: failed }],
  );
  const kinds = byCode([...(findings ?? []), ...failures]);
  const total = kinds.reduce((sum, { count: n }) => sum + n, 0);
  const most = Math.max(1, ...kinds.map(({ count: n }) => n));
  const rows = kinds.map((kind) => [
    term(kind.code),
    severityMark(kind.severity),
    cell(count(kind.count)),
    shareBar((100 * kind.count) / most),
    markup`${sentenceOf(kind.code)}<br/><span class="quiet">${fixOf(kind.code)}</span>`,
    fieldNames(kind.fields),
  ]);
  const list =
    findings === undefined ? markup`<p class="quiet">Of the findings outside of the rules this job has kept no count.</p>` : NOTHING;
  return markup`<section aria-labelledby="findings">
    <h2 id="findings">Findings</h2>
    <p><span class="figure">${counted(total, 'finding')}</span>${severityWords(kinds)} An error keeps a record or a value out of the result, or fails a rule; a warning does not stop anything. Each finding with its line and value: ${term(`GET /api/v1/jobs/${job.id}/findings`)}.</p>
    ${list}
    ${rows.length === 0 ? markup`<p>Nothing was found.</p>` : table('finding-codes', 'Findings by code, the worst first, then the most frequent', CODE_COLUMNS, rows)}</section>`;
}

const REASON_COLUMNS: readonly Column[] = [
  { head: 'Reason' },
  { head: 'At' },
  { head: 'Records', as: 'n' },
  { head: 'Share', as: 'n' },
  { head: 'What it means, and what to do', as: 'says' },
];

/** Why records were set aside, most frequent first. */
export function quarantineSection({ job, quality: { quarantine, records } }: ReportFacts): Html {
  const reasons = [...(quarantine ?? [])].sort((a, b) => b.count - a.count);
  const rows = reasons
    .slice(0, MOST_REASONS)
    .map(({ code, field, count: n }) => [
      term(code),
      field === null ? markup`<span class="quiet">the whole record</span>` : term(field),
      cell(count(n)),
      cell(percentage(n, records.quarantined)),
      markup`${sentenceOf(code)}<br/><span class="quiet">${fixOf(code)}</span>`,
    ]);
  const told =
    records.quarantined === 0
      ? markup`<p>No record was set aside.</p>`
      : markup`<p><span class="figure">${counted(records.quarantined, 'record')}</span> of ${count(records.in)} could not be read with certainty (${percentage(records.quarantined, records.in)}). Fetch them with ${term(`attune jobs quarantine ${job.id}`)}, mend them, and send them back with ${term(`attune jobs resubmit ${job.id} FILE`)}: only those records are worked on again.</p>`;
  return markup`<section aria-labelledby="quarantine">
    <h2 id="quarantine">Quarantine</h2>
    ${told}
    ${rows.length === 0 ? NOTHING : table('reasons', 'Records set aside, by reason', REASON_COLUMNS, rows)}${omitted(reasons.length - MOST_REASONS, 'reasons')}</section>`;
}

interface Kind {
  readonly code: string;
  readonly severity: string;
  readonly count: number;
  /** Most findings first. */
  readonly fields: readonly string[];
}

function byCode(tallies: readonly Tally[]): readonly Kind[] {
  const groups = new Map<string, Tally[]>();
  for (const tally of tallies) {
    const key = `${tally.severity} ${tally.code}`;
    const group = groups.get(key);
    if (group) group.push(tally);
    else groups.set(key, [tally]);
  }
  const kinds = [...groups.values()].map((group): Kind => {
    const [{ code, severity }] = group as [Tally];
    const named = group.filter(({ field }) => field !== null).sort((a, b) => b.count - a.count);
    const fields = [...new Set(named.map(({ field }) => field!))];
    return { code, severity, fields, count: group.reduce((sum, { count: n }) => sum + n, 0) };
  });
  return kinds.sort((a, b) => severityRank(a.severity) - severityRank(b.severity) || b.count - a.count || (a.code < b.code ? -1 : 1));
}

function severityWords(kinds: readonly Kind[]): Html {
  const severities = [...new Set(kinds.map(({ severity }) => severity))];
  if (severities.length === 0) return NOTHING;
  const sums = severities.map((severity, i) => {
    const sum = kinds.filter((kind) => kind.severity === severity).reduce((total, { count: n }) => total + n, 0);
    return markup`${i === 0 ? '' : ','} ${severityMark(severity)} ${count(sum)}`;
  });
  return markup`, of which${sums}.`;
}

function fieldNames(fields: readonly string[]): Html {
  if (fields.length === 0) return markup`<span class="quiet">records, or the dataset</span>`;
  const named = fields.slice(0, NAMED_FIELDS).map((field, i) => (i === 0 ? term(field) : markup`, ${term(field)}`));
  return fields.length > NAMED_FIELDS ? markup`${named} and ${fields.length - NAMED_FIELDS} more` : markup`${named}`;
}
