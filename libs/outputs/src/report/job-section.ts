import { wholeInParts, type Part } from './charts.js';
import { count, counted, markup, type Html, NOTHING, term } from './html.js';
import type { ReportFacts } from './report-facts.js';

/** What the job was. */
export function jobHeader({ job, dataset, quality }: ReportFacts): Html {
  const again = job.generation > 1 ? markup`<dt>Generation</dt><dd>${job.generation}, after mended records came back</dd>` : NOTHING;
  return markup`<h1>Data quality report</h1>
    <p class="quiet">Job ${term(job.id)}: what came in, what became of it, and what to do next.</p>
    <dl class="facts">
    <dt>Operation</dt><dd>${job.operation}, into the entity ${term(quality.entity)}</dd>
    ${again}
    <dt>Dataset</dt><dd>${term(dataset.id)}, ${counted(dataset.bytes, 'byte')}, read as ${dataset.format.replaceAll('_', ' ')}</dd>
    <dt>SHA-256</dt><dd>${term(dataset.sha256)}</dd>
    <dt>Received</dt><dd>${quality.received_at}</dd>
    <dt>Engine</dt><dd>version ${job.engineVersion}</dd></dl>`;
}

/** Where every record that came in has gone. */
export function recordSection({ job, quality: { records }, duplicates }: ReportFacts): Html {
  const accepted = job.operation === 'validate' ? 'Accepted' : 'In the result';
  const parts: readonly Part[] = [
    { kind: 'out', label: accepted, records: records.out },
    { kind: 'quarantined', label: 'Set aside in the quarantine', records: records.quarantined },
    { kind: 'merged', label: 'Merged as exact duplicates', records: records.merged },
    { kind: 'dropped', label: 'Dropped', records: records.dropped },
  ];
  const empty = records.in === 0 ? markup`<p class="mark warn">◆ No record came in. Look whether the file is the right one.</p>` : NOTHING;
  return markup`<section aria-labelledby="records">
    <h2 id="records">Records</h2>
    ${empty}
    <p><span class="figure">${counted(records.in, 'record')} in</span> = ${count(records.out)} out + ${count(records.quarantined)} quarantined + ${count(records.merged)} merged + ${count(records.dropped)} dropped</p>
    ${wholeInParts('Where the records have gone', records.in, parts)}
    <h3 id="duplicates">Duplicates</h3>
    <p>${duplicateSentence(records.merged, duplicates)}</p></section>`;
}

function duplicateSentence(merged: number, { listed, removed }: ReportFacts['duplicates']): Html {
  if (listed === 0 && merged === 0) return markup`No record equals an earlier one in every field.`;
  return removed
    ? markup`${counted(merged, 'record')} ${merged === 1 ? 'equals' : 'equal'} an earlier record in every field and ${merged === 1 ? 'was' : 'were'} merged into it.`
    : markup`${counted(listed, 'record')} ${listed === 1 ? 'equals' : 'equal'} an earlier record in every field; the job was told to keep them.`;
}
