import type { QualityBody } from '@attune/api';
import { shareBar } from './charts.js';
import { count, counted, markup, type Html, percentage, term } from './html.js';
import type { ReportFacts } from './report-facts.js';
import { cell, omitted, type Column, table } from './table.js';

const MOST_FIELDS = 200;
const MOST_HOT_FIELDS = 100;
const MOST_KINDS = 24;

const COLUMNS: readonly Column[] = [
  { head: 'Field' },
  { head: 'Share filled', as: 'bar' },
  { head: 'Filled', as: 'n' },
  { head: 'Filled, share', as: 'n' },
  { head: 'Valid', as: 'n' },
  { head: 'Valid, share', as: 'n' },
  { head: 'Distinct', as: 'n' },
  { head: 'Findings', as: 'n' },
];

/** Every mapped field, and where in the fields the findings lie. */
export function fieldSection({ quality }: ReportFacts): Html {
  const { fields } = quality;
  const heat = heatOf(quality);
  const rows = fields
    .slice(0, MOST_FIELDS)
    .map(({ field, standardizer, filled, valid, distinct }) => [
      markup`${term(field)}<br/><span class="quiet">${standardizer}</span>`,
      shareBar(filled.denominator === 0 ? 0 : (100 * filled.numerator) / filled.denominator),
      cell(`${count(filled.numerator)} of ${count(filled.denominator)}`),
      cell(percentage(filled.numerator, filled.denominator)),
      cell(`${count(valid.numerator)} of ${count(valid.denominator)}`),
      cell(percentage(valid.numerator, valid.denominator)),
      cell(count(distinct)),
      cell(count(heat.totals.get(field) ?? 0)),
    ]);
  return markup`<section aria-labelledby="fields">
    <h2 id="fields">Fields</h2>
    <p>Filled are the records of the result that have a value, valid the received values that were taken, before duplicates were merged.</p>
    ${rows.length === 0 ? markup`<p>No column is mapped to a field.</p>` : table('field-list', 'Mapped fields: how many values are filled, valid and distinct', COLUMNS, rows)}${omitted(fields.length - MOST_FIELDS, 'fields')}
    ${heatMap(quality, heat)}</section>`;
}

interface Heat {
  /** Findings of a field by what was found: a code, or a kind of rule. */
  readonly cells: ReadonlyMap<string, ReadonlyMap<string, number>>;
  readonly totals: ReadonlyMap<string, number>;
  /** Most frequent first. */
  readonly kinds: readonly string[];
}

function heatOf({ findings, rules }: QualityBody): Heat {
  const cells = new Map<string, Map<string, number>>();
  const kinds = new Map<string, number>();
  const totals = new Map<string, number>();
  const add = (field: string | null | undefined, kind: string, n: number): void => {
    if (field === null || field === undefined || n === 0) return;
    const row = cells.get(field) ?? new Map<string, number>();
    cells.set(field, row.set(kind, (row.get(kind) ?? 0) + n));
    kinds.set(kind, (kinds.get(kind) ?? 0) + n);
    totals.set(field, (totals.get(field) ?? 0) + n);
  };
  for (const { field, code, count: n } of findings ?? []) add(field, code, n);
  for (const { fields, kind, failed } of rules) add(fields[0], `rule: ${kind}`, failed);
  return { cells, totals, kinds: mostFirst(kinds) };
}

const mostFirst = (counts: ReadonlyMap<string, number>): string[] =>
  [...counts].sort(([a, n], [b, m]) => m - n || (a < b ? -1 : 1)).map(([key]) => key);

/** A table whose cells are shaded by their share of the records; the numbers say the same without the shades. */
function heatMap({ records }: QualityBody, { cells, totals, kinds }: Heat): Html {
  const head = markup`<h3 id="heat">Where the findings lie</h3>`;
  const hot = mostFirst(totals);
  if (hot.length === 0) return markup`${head} <p>No finding lies in a field.</p>`;
  const shown = kinds.slice(0, MOST_KINDS);
  const rows = hot.slice(0, MOST_HOT_FIELDS).map((field) => {
    const row = cells.get(field)!;
    return markup`<tr><th scope="row">${term(field)}</th> ${shown.map((kind) => heatCell(row.get(kind) ?? 0, records.in))}</tr>`;
  });
  const [first] = hot as [string];
  const worst = mostFirst(cells.get(first)!)[0]!;
  return markup`${head}
    <p>Most findings lie in ${term(first)}: ${counted(totals.get(first)!, 'finding')}, the most frequent of them ${term(worst)} (${count(cells.get(first)!.get(worst)!)}). The shade is the share of all records that came in:</p>
    <ul class="legend">${LEVELS.map(({ tone, told }) => markup`<li><span class="swatch ${tone}" aria-hidden="true"></span>${told}</li>`)}</ul>
    <div class="scroll" role="region" aria-labelledby="heat-caption" tabindex="0">
    <table class="heat">
    <caption id="heat-caption">Findings by field and by code or kind of rule, the most frequent first</caption>
    <thead><tr>
    <th scope="col">Field</th>
    ${shown.map((kind) => markup`<th scope="col"><span>${kind}</span></th>`)}</tr></thead>
    <tbody>${rows}</tbody></table></div>
    ${omitted(kinds.length - shown.length, 'codes')}${omitted(hot.length - MOST_HOT_FIELDS, 'fields')}`;
}

const LEVELS = [
  { tone: 'h1', above: 0, told: 'up to 0.1 %' },
  { tone: 'h2', above: 0.001, told: 'up to 1 %' },
  { tone: 'h3', above: 0.01, told: 'up to 10 %' },
  { tone: 'h4', above: 0.1, told: 'more than 10 %' },
] as const;

function heatCell(n: number, records: number): Html {
  if (n === 0) return markup`<td class="h0">0</td>`;
  const share = records === 0 ? 1 : n / records;
  const level = LEVELS.findLast(({ above }) => share > above)!;
  return markup`<td class="${level.tone}">${count(n)}</td>`;
}
