import { z } from 'zod';
import { finding, type Kernel, type Reading } from '@attune/core';
import { MINUS, NINE, ZERO, copyUpper, digitsEnd, isDigit, isLetter, numberOf, upperText } from '../ascii/bytes.js';
import { defineStandardizer } from '../define-standardizer.js';

const INVALID = -1;
const CHECK_DIGIT = -2;
const LETTERS = 2;
const DIGITS = 7;
const MOST_OF_SUFFIX = 7;

const deaKernel: Kernel = (buf, start, end, out, at) => {
  const digits = start + LETTERS;
  const numberEnd = digits + DIGITS;
  if (numberEnd > end || !isLetter(buf[start]!) || !(isLetter(buf[start + 1]!) || buf[start + 1] === NINE)) return INVALID;
  if (digitsEnd(buf, digits, numberEnd) !== numberEnd || numberOf(buf, digits, numberEnd) === 0) return INVALID;
  if (numberEnd !== end && !isSuffix(buf, numberEnd, end)) return INVALID;
  let sum = 0;
  for (let k = 0; k < DIGITS - 1; k++) sum += (buf[digits + k]! - ZERO) * (k % 2 === 0 ? 1 : 2);
  return sum % 10 === buf[numberEnd - 1]! - ZERO ? copyUpper(buf, start, end, out, at) : CHECK_DIGIT;
};

/** A hyphen and the code that a hospital has given to one of its practitioners. */
function isSuffix(buf: Uint8Array, i: number, end: number): boolean {
  const length = end - i - 1;
  if (buf[i] !== MINUS || length < 1 || length > MOST_OF_SUFFIX) return false;
  for (i++; i < end; i++) if (!isDigit(buf[i]!) && !isLetter(buf[i]!)) return false;
  return true;
}

function readDea(value: string): Reading {
  const [, digits, check] = /^[A-Z][A-Z9](?!0{7})(\d{6})(\d)(?:-[A-Z\d]{1,7})?$/.exec(upperText(value)) ?? [];
  if (digits === undefined) return finding('dea.invalid');
  const [first, second, third, fourth, fifth, sixth] = [...digits].map(Number) as [number, number, number, number, number, number];
  const sum = first + third + fifth + 2 * (second + fourth + sixth);
  return sum % 10 === Number(check) ? { value: upperText(value) } : finding('dea.check_digit');
}

/**
 * Registration numbers of the Drug Enforcement Administration: the kind of registrant, the first letter of the name or 9, six digits and a
 * check digit (DEA Diversion Control Division: first, third and fifth digit, and twice the second, fourth and sixth). Practitioners who
 * prescribe under the number of a hospital have a code of their own behind a hyphen (21 CFR 1301.22(c)).
 */
export const dea = defineStandardizer({
  name: 'dea',
  produces: 'text',
  description: 'A registration number of the Drug Enforcement Administration with a valid check digit.',
  options: z.strictObject({}),
  findings: ['dea.invalid', 'dea.check_digit'],
  examples: [
    ['AB1234563', 'AB1234563'],
    ['ab1234563', 'AB1234563'],
    ['F91234563', 'F91234563'],
    ['AP5836727', 'AP5836727'],
    ['AB1234563-a12', 'AB1234563-A12'],
    ['AB1234567', finding('dea.check_digit')],
    ['AB2134563', finding('dea.check_digit')],
    ['AB0000000', finding('dea.invalid')],
    ['AB123456', finding('dea.invalid')],
    ['A11234563', finding('dea.invalid')],
    ['AB-1234563', finding('dea.invalid')],
    ['AB1234563-', finding('dea.invalid')],
    ['ＡB1234563', finding('dea.invalid')],
    ['A\u0301B1234563', finding('dea.invalid')],
  ],
  kernel: () => deaKernel,
  reference: readDea,
});
