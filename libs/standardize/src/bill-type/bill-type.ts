import { z } from 'zod';
import { finding, type Kernel, type Reading } from '@attune/core';
import { ZERO, copyUpper, isDigit, isLetter, upperText } from '../ascii/bytes.js';
import { defineStandardizer } from '../define-standardizer.js';

const INVALID = -1;

const billTypeKernel: Kernel = (buf, start, end, out, at) => {
  const first = end - start === 4 && buf[start] === ZERO ? start + 1 : start;
  if (end - first !== 3 || !isFromOne(buf[first]!) || !isFromOne(buf[first + 1]!)) return INVALID;
  const frequency = buf[first + 2]!;
  return isDigit(frequency) || isLetter(frequency) ? copyUpper(buf, first, end, out, at) : INVALID;
};

function isFromOne(byte: number): boolean {
  return isDigit(byte) && byte !== ZERO;
}

function readBillType(value: string): Reading {
  const [, billType] = /^0?([1-9][1-9][A-Za-z\d])$/.exec(value) ?? [];
  return billType === undefined ? finding('bill_type.invalid') : { value: upperText(billType) };
}

/** Types of bill (NUBC, UB-04 form locator 4): facility, care, and frequency. Paper has a zero in front, X12 (CLM05) has none. */
export const billType = defineStandardizer({
  name: 'bill-type',
  produces: 'text',
  description: 'A type of bill, three characters without the leading zero.',
  options: z.strictObject({}),
  findings: ['bill_type.invalid'],
  examples: [
    ['111', '111'],
    ['0131', '131'],
    ['32g', '32G'],
    ['0110', '110'],
    ['11', finding('bill_type.invalid')],
    ['0011', finding('bill_type.invalid')],
    ['1111', finding('bill_type.invalid')],
    ['1A1', finding('bill_type.invalid')],
  ],
  kernel: () => billTypeKernel,
  reference: readBillType,
});
