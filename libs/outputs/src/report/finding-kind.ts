import { FINDING_KINDS, type FindingCode } from '@attune/core';
import { FINDING_FIXES } from './finding-fix.data.js';
import { markup, type Html } from './html.js';

const OF_A_CODE = 'Correct the value in the source, or give its codes a meaning with the values of the mapping.';
const OF_A_VALUE = 'Correct the value in the source, or map the column to another field.';

/** The sentence of a finding; of a code that a later version has made, its name. */
export function sentenceOf(code: string): string {
  return known(code) ? FINDING_KINDS[code].message : `A finding that this version does not know.`;
}

/** What to do about it. */
export function fixOf(code: string): string {
  const [family = '', state = ''] = code.split('.');
  return FINDING_FIXES[code] ?? FINDING_FIXES[family] ?? (/unknown|ambiguous/.test(state) ? OF_A_CODE : OF_A_VALUE);
}

const known = (code: string): code is FindingCode => Object.hasOwn(FINDING_KINDS, code);

const MARKS: Readonly<Record<string, readonly [sign: string, tone: string]>> = {
  fatal: ['■', 'bad'],
  error: ['▲', 'bad'],
  warning: ['◆', 'warn'],
  info: ['●', 'note'],
};
const SEVERITIES = Object.keys(MARKS);

/** The worst first. */
export function severityRank(severity: string): number {
  const rank = SEVERITIES.indexOf(severity);
  return rank < 0 ? SEVERITIES.length : rank;
}

/** A severity by sign, word and colour. */
export function severityMark(severity: string): Html {
  const [sign, tone] = MARKS[severity] ?? ['○', 'note'];
  return markup`<span class="mark ${tone}"><span aria-hidden="true">${sign}</span> ${severity}</span>`;
}
