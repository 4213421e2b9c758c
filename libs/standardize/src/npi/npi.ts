import { z } from 'zod';
import { finding, type Kernel, type Reading } from '@attune/core';
import { ZERO, copyBytes, digitsEnd, numberOf } from '../ascii/bytes.js';
import { luhnSum, luhnSumOf } from '../ascii/luhn.js';
import { defineStandardizer } from '../define-standardizer.js';

const INVALID = -1;
const CHECK_DIGIT = -2;
const DIGITS = 10;
/** What the prefix 80840 (health applications, United States) adds to the sum of Luhn. */
const PREFIX_SUM = 24;

const npiKernel: Kernel = (buf, start, end, out, at) => {
  const last = end - 1;
  if (end - start !== DIGITS || digitsEnd(buf, start, end) !== end || numberOf(buf, start, last) === 0) return INVALID;
  if ((luhnSum(buf, start, last) + buf[last]! - ZERO + PREFIX_SUM) % 10 !== 0) return CHECK_DIGIT;
  return copyBytes(buf, start, end, out, at);
};

function readNpi(value: string): Reading {
  if (!/^(?!0{9})\d{10}$/.test(value)) return finding('npi.invalid');
  const sum = luhnSumOf(`80840${value.slice(0, -1)}`) + Number(value.slice(-1));
  return sum % 10 === 0 ? { value } : finding('npi.check_digit');
}

/**
 * National provider identifiers (45 CFR 162.406): ten digits, the last of which checks the others together with the prefix 80840.
 * Numbers in use begin with 1 or 2; others are taken when their check digit is right, because test data is numbered so on purpose.
 */
export const npi = defineStandardizer({
  name: 'npi',
  produces: 'text',
  description: 'A national provider identifier, ten digits with a valid check digit.',
  options: z.strictObject({}),
  findings: ['npi.invalid', 'npi.check_digit'],
  examples: [
    ['1234567893', '1234567893'],
    ['2000000002', '2000000002'],
    ['1234567890', finding('npi.check_digit')],
    ['1324567893', finding('npi.check_digit')],
    ['0000000000', finding('npi.invalid')],
    ['123456789', finding('npi.invalid')],
    ['12345678931', finding('npi.invalid')],
    ['+123456789', finding('npi.invalid')],
    ['1234567893.0', finding('npi.invalid')],
    ['808401234567893', finding('npi.invalid')],
  ],
  kernel: () => npiKernel,
  reference: readNpi,
});
