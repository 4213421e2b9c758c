import { z } from 'zod';
import { finding, type Kernel, type Reading } from '@attune/core';
import { MINUS, ZERO, copyBytes, digitsEnd, isDigit } from '../ascii/bytes.js';
import { luhnSum, luhnSumOf } from '../ascii/luhn.js';
import { defineStandardizer } from '../define-standardizer.js';

const INVALID = -1;
const CHECK_DIGIT = -2;
const MOST_DIGITS = 7;

const loincKernel: Kernel = (buf, start, end, out, at) => {
  const hyphen = digitsEnd(buf, start, end);
  const digits = hyphen - start;
  if (digits < 1 || digits > MOST_DIGITS || buf[start] === ZERO || hyphen + 2 !== end) return INVALID;
  if (buf[hyphen] !== MINUS || !isDigit(buf[hyphen + 1]!)) return INVALID;
  if ((luhnSum(buf, start, hyphen) + buf[hyphen + 1]! - ZERO) % 10 !== 0) return CHECK_DIGIT;
  return copyBytes(buf, start, end, out, at);
};

function readLoinc(value: string): Reading {
  const [, digits, check] = /^([1-9]\d{0,6})-(\d)$/.exec(value) ?? [];
  if (digits === undefined) return finding('loinc.invalid');
  return (luhnSumOf(digits) + Number(check)) % 10 === 0 ? { value } : finding('loinc.check_digit');
}

/** LOINC numbers: up to seven digits, a hyphen and a check digit (LOINC Users' Guide, mod 10). Parts (LP…) and answers (LA…) are none. */
export const loinc = defineStandardizer({
  name: 'loinc',
  produces: 'text',
  description: 'A LOINC number with a valid check digit.',
  options: z.strictObject({}),
  findings: ['loinc.invalid', 'loinc.check_digit'],
  examples: [
    ['2345-7', '2345-7'],
    ['8302-2', '8302-2'],
    ['94500-6', '94500-6'],
    ['4548-4', '4548-4'],
    ['2345-8', finding('loinc.check_digit')],
    ['2354-7', finding('loinc.check_digit')],
    ['02345-7', finding('loinc.invalid')],
    ['23457', finding('loinc.invalid')],
    ['2345-', finding('loinc.invalid')],
    ['LP14635-4', finding('loinc.invalid')],
    ['12345678-9', finding('loinc.invalid')],
  ],
  kernel: () => loincKernel,
  reference: readLoinc,
});
