import type { RuleQuality } from '@attune/api';
import { severityMark, severityRank } from './finding-kind.js';
import { count, counted, markup, type Html, NOTHING, score, term } from './html.js';
import type { ReportFacts } from './report-facts.js';
import { cell, omitted, type Column, table } from './table.js';

const MOST_RULES = 400;
const STATUSES = ['failed', 'passed', 'not_applicable'];

const COLUMNS: readonly Column[] = [
  { head: 'Rule' },
  { head: 'Outcome' },
  { head: 'Severity' },
  { head: 'Passed, %', as: 'n' },
  { head: 'Failed', as: 'n' },
  { head: 'Judged', as: 'n' },
  { head: 'Dimension' },
  { head: 'What holds, and what to do', as: 'says' },
];

/** Every rule with what it has judged: those that failed first, the worst and most frequent of them first. */
export function ruleSection({ quality: { rules } }: ReportFacts): Html {
  const sorted = rules
    .map((rule, i) => ({ rule, i }))
    .sort((a, b) => rank(a.rule) - rank(b.rule) || severity(a.rule) - severity(b.rule) || b.rule.failed - a.rule.failed || a.i - b.i)
    .map(({ rule }) => rule);
  const of = (status: string): number => rules.filter((rule) => rule.status === status).length;
  const rows = sorted.slice(0, MOST_RULES).map(ruleRow);
  return markup`<section aria-labelledby="rules">
    <h2 id="rules">Rules</h2>
    <p><span class="figure">${count(of('failed'))} of ${counted(rules.length, 'rule')} failed</span>, ${count(of('passed'))} passed, ${count(of('not_applicable'))} had nothing to judge. A rule over the whole dataset judges once. Remarks (info) do not count in the scores.</p>
    ${rows.length === 0 ? markup`<p>The result was judged by no rule.</p>` : table('rule-list', 'Rules with the records that they judged, failed ones first', COLUMNS, rows)}${omitted(rules.length - MOST_RULES, 'rules')}</section>`;
}

const rank = ({ status }: RuleQuality): number => STATUSES.indexOf(status);
const severity = (rule: RuleQuality): number => severityRank(rule.severity);

function ruleRow(rule: RuleQuality): readonly Html[] {
  const fields = rule.fields.map((field, i) => (i === 0 ? term(field) : markup`, ${term(field)}`));
  return [
    markup`${term(rule.id)}<br/><span class="quiet">${rule.kind}: ${fields}</span>`,
    outcome(rule),
    severityMark(rule.severity),
    cell(rule.score === null ? '–' : score(rule.score)),
    cell(count(rule.failed)),
    cell(count(rule.judged)),
    cell(rule.dimension),
    markup`${rule.message}${advice(rule)}`,
  ];
}

function outcome({ status }: RuleQuality): Html {
  if (status === 'failed') return markup`<span class="mark bad"><span aria-hidden="true">✗</span> failed</span>`;
  if (status === 'passed') return markup`<span class="mark good"><span aria-hidden="true">✓</span> passed</span>`;
  return markup`<span class="mark quiet">${status.replaceAll('_', ' ')}</span>`;
}

/** What a rule over the dataset has measured may be the value of a single record, so it is not told here. */
function advice({ status, fix, reason }: RuleQuality): Html {
  const said = status === 'failed' ? fix : status === 'not_applicable' ? (reason ?? '') : '';
  return said === '' ? NOTHING : markup`<br/><span class="quiet">${said}</span>`;
}
