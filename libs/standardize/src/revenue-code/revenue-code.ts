import { z } from 'zod';
import { finding, type Kernel, type Reading } from '@attune/core';
import { ZERO, copyBytes, digitsEnd, numberOf } from '../ascii/bytes.js';
import { defineStandardizer } from '../define-standardizer.js';

const INVALID = -1;

const revenueCodeKernel: Kernel = (buf, start, end, out, at) => {
  const digits = end - start;
  if ((digits !== 3 && digits !== 4) || digitsEnd(buf, start, end) !== end || numberOf(buf, start, end) === 0) return INVALID;
  if (digits === 3) out[at++] = ZERO;
  return copyBytes(buf, start, end, out, at);
};

function readRevenueCode(value: string): Reading {
  return /^(?!0+$)\d{3,4}$/.test(value) ? { value: value.padStart(4, '0') } : finding('revenue_code.invalid');
}

/** Revenue codes of the uniform bill (NUBC, UB-04 form locator 42): four digits; the older way without the leading zero is read too. */
export const revenueCode = defineStandardizer({
  name: 'revenue-code',
  produces: 'text',
  description: 'A revenue code, four digits.',
  options: z.strictObject({}),
  findings: ['revenue_code.invalid'],
  examples: [
    ['0450', '0450'],
    ['450', '0450'],
    ['0001', '0001'],
    ['3101', '3101'],
    ['0000', finding('revenue_code.invalid')],
    ['45', finding('revenue_code.invalid')],
    ['00450', finding('revenue_code.invalid')],
    ['45X', finding('revenue_code.invalid')],
  ],
  kernel: () => revenueCodeKernel,
  reference: readRevenueCode,
});
