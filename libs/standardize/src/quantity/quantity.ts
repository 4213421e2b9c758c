import { finding, type Reading } from '@attune/core';
import { defineStandardizer } from '../define-standardizer.js';
import { readFolded } from '../folding/read-folded.js';
import { unitReader } from '../unit/unit.js';
import { quantityKernel } from './quantity-kernel.js';
import { MOST_DIGITS, QuantityOptions } from './quantity-options.js';

const NUMBER = /^(?:(<=?|>=?|≤|≥) *)?([+-]?)((?:\d+|\d{1,3}(?:,\d{3})+)(?![\d,])|(?=\.\d))(?:\.(\d*))? *(.*)$/u;

function readQuantity(value: string, { unit }: QuantityOptions): Reading {
  const match = NUMBER.exec(value);
  if (!match) return finding('quantity.invalid');
  const [, comparator = '', sign, whole = '', fraction = '', received = ''] = match;
  const digits = whole.replace(/^[0,]+|,/g, '');
  if (digits.length + fraction.length > MOST_DIGITS) return finding('quantity.invalid');
  const measured = received === '' ? unit : received;
  if (measured === undefined) return finding('quantity.unit_missing');
  const code = unitReader.reference(measured, 'ucum');
  if (!('value' in code)) return finding('quantity.unit_unknown');
  const minus = sign === '-' && /[1-9]/.test(whole + fraction) ? '-' : '';
  const compared = comparator.replace('≤', '<=').replace('≥', '>=');
  return { value: `${compared}${minus}${digits || '0'}${fraction && `.${fraction}`} ${code.value}` };
}

/**
 * A number and its unit, the unit as its UCUM code (see `unit`): `5.5 mg/dL`, as FHIR Quantity has them. The number is as exact as
 * received, without leading zeros and thousands commas; `<`, `<=`, `>` and `>=` before it stay (FHIR quantity-comparator). A number
 * without a unit is refused unless the option `unit` says what it counts. Ranges, ratios and powers of ten are no quantity.
 */
export const quantity = readFolded(
  defineStandardizer({
    name: 'quantity',
    produces: 'text',
    description: 'A number and a UCUM unit.',
    options: QuantityOptions,
    findings: ['quantity.invalid', 'quantity.unit_missing', 'quantity.unit_unknown'],
    examples: [
      ['5.5 mg/dl', '5.5 mg/dL'],
      ['5.5mg/dL', '5.5 mg/dL'],
      ['05.50 MG/DL', '5.50 mg/dL'],
      ['< 0.01 ng/mL', '<0.01 ng/mL'],
      ['≥60 mL/min/1.73m2', '>=60 mL/min/{1.73_m2}'],
      ['150,000 /uL', '150000 /uL'],
      ['4.5 K/uL', '4.5 10*3/uL'],
      ['4.5 10*3/uL', '4.5 10*3/uL'],
      ['-2.5 mEq/L', '-2.5 meq/L'],
      ['.5 mL', '0.5 mL'],
      ['120 mmHg', '120 mm[Hg]'],
      ['98.6 °F', '98.6 [degF]'],
      ['12 %', '12 %'],
      ['５ ｍｇ', '5 mg'],
      ['5.5', finding('quantity.unit_missing')],
      ['5.5 furlongs', finding('quantity.unit_unknown')],
      ['120/80 mmHg', finding('quantity.unit_unknown')],
      ['5-10 mg', finding('quantity.unit_unknown')],
      ['1,23 mg', finding('quantity.invalid')],
      ['mg', finding('quantity.invalid')],
      ['negative', finding('quantity.invalid')],
    ],
    kernel: quantityKernel,
    reference: readQuantity,
  }),
);
