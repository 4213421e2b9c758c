import { finding, type Reading } from '@attune/core';
import { defineStandardizer } from '../define-standardizer.js';
import { readFolded } from '../folding/read-folded.js';
import { percentKernel } from './percent-kernel.js';
import { MOST_DIGITS, PercentOptions } from './percent-options.js';

function readPercent(value: string, { unmarked }: PercentOptions): Reading {
  const match = /^([+-]?)0*(\d*)(?:\.(\d*))? *(%|percent|pct\.?|)$/i.exec(value);
  if (!match || !/\d/.test(value)) return finding('percent.invalid');
  const [, sign, whole = '', fraction = '', mark] = match;
  if (mark === '' && unmarked === 'refused') return finding('percent.unmarked');
  if (whole.length + fraction.length > MOST_DIGITS) return finding('percent.invalid');
  const places = mark === '' && unmarked === 'fraction' ? 2 : 0;
  const moved = (whole + fraction.slice(0, places).padEnd(places, '0')).replace(/^0+/, '') || '0';
  const rest = fraction.slice(places);
  const minus = sign === '-' && /[1-9]/.test(value) ? '-' : '';
  return { value: `${minus}${moved}${rest && `.${rest}`}` };
}

/**
 * Percentages as decimal numbers of hundredths: 12 % is 12, as exact as received. A number without a sign may count hundredths or be a
 * share of one; which of them `unmarked` says, and where it does not the number is refused. The sign is lost on the way, so the result is
 * read again with `unmarked: 'percent'`.
 */
export const percent = readFolded(
  defineStandardizer({
    name: 'percent',
    produces: 'decimal',
    description: 'A percentage as a decimal number of hundredths.',
    options: PercentOptions,
    findings: ['percent.invalid', 'percent.unmarked'],
    examples: [
      ['12 %', '12'],
      ['12%', '12'],
      ['12.50%', '12.50'],
      ['0.5 %', '0.5'],
      ['-3 percent', '-3'],
      ['.5 pct', '0.5'],
      ['100%', '100'],
      ['-0 %', '0'],
      ['１２％', '12'],
      ['0.12', finding('percent.unmarked')],
      ['12', finding('percent.unmarked')],
      ['12,5 %', finding('percent.invalid')],
      ['1e1 %', finding('percent.invalid')],
      ['%', finding('percent.invalid')],
      ['12 %%', finding('percent.invalid')],
      ['twelve percent', finding('percent.invalid')],
    ],
    kernel: percentKernel,
    reference: readPercent,
  }),
);
