import { z } from 'zod';
import { finding, type Kernel, type Reading } from '@attune/core';
import { MINUS, PLUS, ZERO, copyBytes } from '../ascii/bytes.js';
import { copySignificantDigits, groupedDigitsEnd } from '../ascii/grouped-digits.js';
import { defineStandardizer } from '../define-standardizer.js';
import { readFolded } from '../folding/read-folded.js';

const INVALID = -1;
const MOST_DIGITS = 19;
const LARGEST = new TextEncoder().encode('9223372036854775807');
const SMALLEST = new TextEncoder().encode('9223372036854775808');

const integerKernel: Kernel = (buf, start, end, out, at) => {
  const negative = start < end && buf[start] === MINUS;
  const digits = negative || (start < end && buf[start] === PLUS) ? start + 1 : start;
  if (digits === end || groupedDigitsEnd(buf, digits, end) !== end) return INVALID;
  // The digits go behind a place for the sign, which is closed again when there is none.
  const stop = copySignificantDigits(buf, digits, end, out, at + 1);
  const count = stop - at - 1;
  if (count > MOST_DIGITS || (count === MOST_DIGITS && isAbove(out, at + 1, negative ? SMALLEST : LARGEST))) return INVALID;
  if (count === 0) {
    out[at] = ZERO;
    return at + 1;
  }
  if (!negative) return copyBytes(out, at + 1, stop, out, at);
  out[at] = MINUS;
  return stop;
};

function isAbove(digits: Uint8Array, at: number, limit: Uint8Array): boolean {
  for (let i = 0; i < limit.length; i++) if (digits[at + i] !== limit[i]) return digits[at + i]! > limit[i]!;
  return false;
}

function readInteger(value: string): Reading {
  if (!/^[+-]?(?:\d+|\d{1,3}(?:,\d{3})+)$/.test(value)) return finding('integer.invalid');
  const number = BigInt(value.replace(/[+,]/g, ''));
  return BigInt.asIntN(64, number) === number ? { value: String(number) } : finding('integer.invalid');
}

/** Whole numbers of 64 bits. `5.0` and `1e3` are no whole numbers: whoever wrote them had something else in mind. */
export const integer = readFolded(
  defineStandardizer({
    name: 'integer',
    produces: 'integer',
    description: 'A whole number of 64 bits, without leading zeros and thousands commas.',
    options: z.strictObject({}),
    findings: ['integer.invalid'],
    examples: [
      ['007', '7'],
      ['+12', '12'],
      ['-0', '0'],
      ['1,234,567', '1234567'],
      ['-9223372036854775808', '-9223372036854775808'],
      ['9223372036854775808', finding('integer.invalid')],
      ['１２', '12'],
      ['−5', '-5'],
      ['12,34', finding('integer.invalid')],
      ['1_000', finding('integer.invalid')],
      ['5.0', finding('integer.invalid')],
      ['1e3', finding('integer.invalid')],
      ['-', finding('integer.invalid')],
      ['١٢', finding('integer.invalid')],
    ],
    kernel: () => integerKernel,
    reference: readInteger,
  }),
);
