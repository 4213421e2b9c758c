import { scoreRing, shareBar } from './charts.js';
import { count, markup, type Html, score, term } from './html.js';
import type { ReportFacts } from './report-facts.js';
import { cell, type Column, table } from './table.js';

const MEANINGS: Readonly<Record<string, string>> = {
  completeness: 'Filled values of the essential fields, of all that should be filled.',
  validity: 'Values that were taken, of all that were received in mapped fields.',
  uniqueness: 'Records that equal no earlier one, of those accepted.',
  consistency: 'Judgements of rules within a record that were passed.',
  accuracy: 'Judgements against a reference that were passed.',
  timeliness: 'Judgements of how new the records are that were passed.',
};

const COLUMNS: readonly Column[] = [
  { head: 'Dimension', as: 'says' },
  { head: 'Score', as: 'n' },
  { head: 'Share', as: 'bar' },
  { head: 'Counts', as: 'n' },
  { head: 'Trend' },
];

/** Overall and per dimension, with both counts and how it was in the job before. */
export function scoreSection({ quality: { overall, dimensions, previous } }: ReportFacts): Html {
  const rows = Object.entries(dimensions).map(([dimension, { score: reached, numerator, denominator, reason }]) => {
    const before = previous?.dimensions[dimension];
    const head = markup`${dimension}<br/><span class="quiet">${MEANINGS[dimension] ?? ''}</span>`;
    if (reached === null)
      return [head, cell('not applicable'), markup`${reason ?? 'There was nothing to judge.'}`, cell('–'), trend(null, before)];
    return [
      head,
      markup`<b>${score(reached)}</b>`,
      shareBar(reached, before),
      cell(`${count(numerator)} of ${count(denominator)}`),
      trend(reached, before),
    ];
  });
  const told =
    overall === null
      ? markup`<p class="figure">No dimension could be judged.</p>`
      : markup`<p class="figure">${score(overall)} of 100</p>
    <p>The mean of the dimensions that could be judged. A score is rounded down: 100 means that nothing is missing.</p>`;
  const compared =
    previous === null
      ? markup`<p class="quiet">There is no earlier job over a dataset with the same columns to compare with.</p>`
      : markup`<p>Overall, against the job before over the same columns (${term(previous.job_id)}, received ${previous.received_at}): ${trend(overall, previous.overall)}. The mark on a bar is the score of that job.</p>`;
  return markup`<section aria-labelledby="scores">
    <h2 id="scores">Scores</h2>
    <div class="overall">${scoreRing(overall)}
    <div>${told}${compared}</div></div>
    ${table('dimensions', 'Scores from 0 to 100 per dimension, with the counts that they are made of', COLUMNS, rows)}</section>`;
}

function trend(now: number | null, before: number | null | undefined): Html {
  if (before === undefined || before === null) return now === null ? markup`–` : markup`<span class="quiet">no earlier score</span>`;
  if (now === null) return markup`was ${score(before)}`;
  const change = Math.round((now - before) * 100) / 100;
  if (change === 0) return markup`= unchanged`;
  const [sign, word, tone] = change > 0 ? ['↑', 'up', 'good'] : ['↓', 'down', 'bad'];
  return markup`<span class="mark ${tone}"><span aria-hidden="true">${sign}</span> ${word} ${score(Math.abs(change))}</span>, was ${score(before)}`;
}
