import { z } from 'zod';
import { finding, type Kernel, type Reading } from '@attune/core';
import { ZERO, copyBytes, digitsEnd, numberOf } from '../ascii/bytes.js';
import { defineStandardizer } from '../define-standardizer.js';

const INVALID = -1;
const DIGITS = 3;

const drgKernel: Kernel = (buf, start, end, out, at) => {
  if (end - start > DIGITS || digitsEnd(buf, start, end) !== end || numberOf(buf, start, end) === 0) return INVALID;
  for (let zeros = DIGITS - (end - start); zeros > 0; zeros--) out[at++] = ZERO;
  return copyBytes(buf, start, end, out, at);
};

function readDrg(value: string): Reading {
  return /^(?!0+$)\d{1,3}$/.test(value) ? { value: value.padStart(DIGITS, '0') } : finding('drg.invalid');
}

/**
 * Diagnosis related groups of Medicare (MS-DRG Definitions Manual): three digits, 001 to 999. A number of one or two digits has lost its
 * leading zeros and can mean nothing else. Four digits are refused, because the last one may be the severity of an APR-DRG, and so is
 * what has a hyphen.
 */
export const drg = defineStandardizer({
  name: 'drg',
  produces: 'text',
  description: 'A diagnosis related group of Medicare (MS-DRG), three digits.',
  options: z.strictObject({}),
  findings: ['drg.invalid'],
  examples: [
    ['470', '470'],
    ['065', '065'],
    ['65', '065'],
    ['1', '001'],
    ['999', '999'],
    ['000', finding('drg.invalid')],
    ['0', finding('drg.invalid')],
    ['0470', finding('drg.invalid')],
    ['194-3', finding('drg.invalid')],
    ['1943', finding('drg.invalid')],
    ['65.0', finding('drg.invalid')],
    ['MS-DRG 470', finding('drg.invalid')],
    ['４７０', finding('drg.invalid')],
    ['47\u200f0', finding('drg.invalid')],
  ],
  kernel: () => drgKernel,
  reference: readDrg,
});
