import { z } from 'zod';
import { finding, type Kernel, type Reading } from '@attune/core';
import { ZERO, copyBytes, digitsEnd, numberOf } from '../ascii/bytes.js';
import { defineStandardizer } from '../define-standardizer.js';

const INVALID = -1;

const DIGITS = 4;
/** The only codes that begin with more than one zero: the total, and the rates of nursing homes, home health agencies and rehabilitation. */
const SHORT: readonly number[] = [1, 22, 23, 24];

const revenueCodeKernel: Kernel = (buf, start, end, out, at) => {
  const digits = end - start;
  if (digits > DIGITS || digitsEnd(buf, start, end) !== end) return INVALID;
  const number = numberOf(buf, start, end);
  if (number === 0 || (digits < DIGITS - 1 && !(SHORT.includes(number) && buf[start] !== ZERO))) return INVALID;
  for (let zeros = DIGITS - digits; zeros > 0; zeros--) out[at++] = ZERO;
  return copyBytes(buf, start, end, out, at);
};

function readRevenueCode(value: string): Reading {
  return /^(?:1|2[234]|(?!0+$)\d{3,4})$/.test(value) ? { value: value.padStart(4, '0') } : finding('revenue_code.invalid');
}

/**
 * Revenue codes of the uniform bill (NUBC, UB-04 form locator 42): four digits; the older way without the leading zero is read too. Of one or
 * two digits only those are read that are a code of the bill with its zeros: 1 is the total line, 45 is a code that lost something.
 */
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
    ['1', '0001'],
    ['22', '0022'],
    ['3101', '3101'],
    ['0000', finding('revenue_code.invalid')],
    ['01', finding('revenue_code.invalid')],
    ['45', finding('revenue_code.invalid')],
    ['00450', finding('revenue_code.invalid')],
    ['45X', finding('revenue_code.invalid')],
  ],
  kernel: () => revenueCodeKernel,
  reference: readRevenueCode,
});
