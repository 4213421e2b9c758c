import { finding } from '@attune/core';
import { defineStandardizer } from '../define-standardizer.js';
import { readFolded } from '../folding/read-folded.js';
import { moneyKernel } from './money-kernel.js';
import { MoneyOptions } from './money-options.js';
import { readMoney } from './money-reference.js';

/**
 * Amounts in US dollars as whole cents, never through floating point. A third decimal is refused unless it is zero: how to round
 * is not ours to say. Parentheses are a minus. The unit changes on the way, so what was written is read again with `unit: 'cents'`;
 * that is the only standardizer whose result may not be given to it with the same options.
 */
export const money = readFolded(
  defineStandardizer({
    name: 'money',
    produces: 'money',
    description: 'An amount of US dollars in whole cents.',
    options: MoneyOptions,
    findings: ['money.invalid', 'money.third_decimal'],
    examples: [
      ['$1,234.50', '123450'],
      ['1234.5', '123450'],
      ['12', '1200'],
      ['.05', '5'],
      ['(5.00)', '-500'],
      ['-$5', '-500'],
      ['$ -5', '-500'],
      ['5.00-', '-500'],
      ['USD 7.10', '710'],
      ['7.10 usd', '710'],
      ['1.2300', '123'],
      ['-0.00', '0'],
      ['\u2212$5', '-500'],
      ['1.239', finding('money.third_decimal')],
      ['(5', finding('money.invalid')],
      ['(-5)', finding('money.invalid')],
      ['1e3', finding('money.invalid')],
      ['12,34', finding('money.invalid')],
      ['€5', finding('money.invalid')],
      ['$', finding('money.invalid')],
      ['9'.repeat(17), finding('money.invalid')],
    ],
    kernel: moneyKernel,
    reference: readMoney,
  }),
);
