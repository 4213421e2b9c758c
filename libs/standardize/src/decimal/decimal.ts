import { z } from 'zod';
import { finding, type Kernel, type Reading } from '@attune/core';
import { DOT, MINUS, PLUS, ZERO, copyBytes, digitsEnd } from '../ascii/bytes.js';
import { defineStandardizer } from '../define-standardizer.js';
import { readFolded } from '../folding/read-folded.js';

const INVALID = -1;
/** What DECIMAL columns hold at most. */
const MOST_DIGITS = 38;

const decimalKernel: Kernel = (buf, start, end, out, at) => {
  const negative = start < end && buf[start] === MINUS;
  let whole = negative || (start < end && buf[start] === PLUS) ? start + 1 : start;
  const wholeEnd = digitsEnd(buf, whole, end);
  const fraction = wholeEnd < end && buf[wholeEnd] === DOT ? wholeEnd + 1 : wholeEnd;
  const fractionEnd = digitsEnd(buf, fraction, end);
  if (fractionEnd !== end || (whole === wholeEnd && fraction === end)) return INVALID;
  while (whole < wholeEnd && buf[whole] === ZERO) whole++;
  if (wholeEnd - whole + end - fraction > MOST_DIGITS) return INVALID;
  if (negative && (whole < wholeEnd || !isZero(buf, fraction, end))) out[at++] = MINUS;
  if (whole === wholeEnd) out[at++] = ZERO;
  at = copyBytes(buf, whole, wholeEnd, out, at);
  if (fraction === end) return at;
  out[at++] = DOT;
  return copyBytes(buf, fraction, end, out, at);
};

function isZero(buf: Uint8Array, i: number, end: number): boolean {
  while (i < end && buf[i] === ZERO) i++;
  return i === end;
}

function readDecimal(value: string): Reading {
  const match = /^([+-]?)0*(\d*)(?:\.(\d*))?$/.exec(value);
  const [, sign, whole = '', fraction = ''] = match ?? [];
  if (!match || !/\d/.test(value) || whole.length + fraction.length > MOST_DIGITS) return finding('decimal.invalid');
  const minus = sign === '-' && /[1-9]/.test(value) ? '-' : '';
  return { value: `${minus}${whole || '0'}${fraction && `.${fraction}`}` };
}

/**
 * Decimal numbers as text: nothing is rounded, and zeros at the end stay because they say how exact the number is. At most 38 digits.
 * No exponent and no commas: `1,234` is a thousand here and a decimal comma there.
 */
export const decimal = readFolded(
  defineStandardizer({
    name: 'decimal',
    produces: 'decimal',
    description: 'A decimal number with a point, as exact as received.',
    options: z.strictObject({}),
    findings: ['decimal.invalid'],
    examples: [
      ['42.3601', '42.3601'],
      ['-071.0580', '-71.0580'],
      ['+.5', '0.5'],
      ['5.', '5'],
      ['-0.00', '0.00'],
      ['−1.5', '-1.5'],
      ['1e3', finding('decimal.invalid')],
      ['1,234', finding('decimal.invalid')],
      ['.', finding('decimal.invalid')],
      ['1.2.3', finding('decimal.invalid')],
      ['NaN', finding('decimal.invalid')],
      ['9'.repeat(39), finding('decimal.invalid')],
    ],
    kernel: () => decimalKernel,
    reference: readDecimal,
  }),
);
