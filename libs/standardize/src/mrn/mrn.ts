import { finding, type Reading } from '@attune/core';
import { upperText } from '../ascii/bytes.js';
import { defineStandardizer } from '../define-standardizer.js';
import { mrnKernel } from './mrn-kernel.js';
import { MrnOptions } from './mrn-options.js';

function readMrn(value: string, { zeros, letters, separators }: MrnOptions): Reading {
  if (value.length > 64 || !/\d/.test(value) || !/^[A-Za-z\d]+(?:[-./ ][A-Za-z\d]+)*$/.test(value)) return finding('mrn.invalid');
  if (!/[1-9]/.test(value) || /^(\d)\1{5,}$/.test(value.replace(/[-./ ]/g, ''))) return finding('mrn.placeholder');
  const joined = separators === 'drop' ? value.replace(/[-./ ]/g, '') : value;
  const cased = letters === 'upper' ? upperText(joined) : joined;
  return { value: zeros === 'drop' ? cased.replace(/^0+(?=[A-Za-z\d])/, '') : cased };
}

/**
 * Medical record numbers (HL7 v2 table 0203, MR). No standard says how one is written, so the policy is in the options: leading zeros, case and
 * separators stay unless the hospital is known to treat them as decoration. Unlike an `identifier` it has to be a number a registration
 * desk can have given: ASCII letters and digits with single separators, a digit among them, and no placeholder such as 000000 or 999999,
 * which would make one person of many.
 */
export const mrn = defineStandardizer({
  name: 'mrn',
  produces: 'text',
  description: 'A medical record number; options say whether leading zeros, case and separators belong to it.',
  options: MrnOptions,
  findings: ['mrn.invalid', 'mrn.placeholder'],
  examples: [
    ['00123456', '00123456'],
    ['123456', '123456'],
    ['h-0012.34', 'h-0012.34'],
    ['MRN 4711', 'MRN 4711'],
    ['11111', '11111'],
    ['A-000', finding('mrn.placeholder')],
    ['00000000', finding('mrn.placeholder')],
    ['999-99-9999', finding('mrn.placeholder')],
    ['UNKNOWN', finding('mrn.invalid')],
    ['12--34', finding('mrn.invalid')],
    ['-1234', finding('mrn.invalid')],
    ['123456^^^HOSP^MR', finding('mrn.invalid')],
    ['１２３４', finding('mrn.invalid')],
    ['12\u200f34', finding('mrn.invalid')],
    ['N\u0303123', finding('mrn.invalid')],
  ],
  kernel: mrnKernel,
  reference: readMrn,
});
