import { z } from 'zod';
import { finding, type Kernel, type Reading } from '@attune/core';
import { ZERO, copyBytes, digitsEnd } from '../ascii/bytes.js';
import { defineStandardizer } from '../define-standardizer.js';

const INVALID = -1;
const LEAST_DIGITS = 2;
const MOST_DIGITS = 3;

const cvxKernel: Kernel = (buf, start, end, out, at) => {
  if (end - start > MOST_DIGITS || digitsEnd(buf, start, end) !== end) return INVALID;
  let first = start;
  while (first < end && buf[first] === ZERO) first++;
  if (first === end) return INVALID;
  if (end - first < LEAST_DIGITS) out[at++] = ZERO;
  return copyBytes(buf, first, end, out, at);
};

function readCvx(value: string): Reading {
  return /^(?!0+$)\d{1,3}$/.test(value) ? { value: String(Number(value)).padStart(2, '0') } : finding('cvx.invalid');
}

/** CVX codes of vaccines as the CDC writes them: at least two digits, 08 but 140. */
export const cvx = defineStandardizer({
  name: 'cvx',
  produces: 'text',
  description: 'A CVX code of a vaccine, two or three digits.',
  options: z.strictObject({}),
  findings: ['cvx.invalid'],
  examples: [
    ['140', '140'],
    ['08', '08'],
    ['8', '08'],
    ['008', '08'],
    ['998', '998'],
    ['000', finding('cvx.invalid')],
    ['1400', finding('cvx.invalid')],
    ['14O', finding('cvx.invalid')],
    ['-8', finding('cvx.invalid')],
  ],
  kernel: () => cvxKernel,
  reference: readCvx,
});
