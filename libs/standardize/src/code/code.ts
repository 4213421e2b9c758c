import { z } from 'zod';
import { finding, type Kernel, type Reading } from '@attune/core';
import { DOT, PLUS, copyUpper, digitsEnd, isDigit, lower, upperText } from '../ascii/bytes.js';
import { collapseSpaces } from '../clean/space.js';
import { defineStandardizer } from '../define-standardizer.js';
import { DECEPTIVE, isDeceptive } from '../folding/deceptive.js';
import { codePointAt, codePointLength } from '../folding/utf8.js';

const INVALID = -1;
const DAMAGED = -2;
const TOO_LONG = -3;
const MOST_BYTES = 256;
const LETTER_E = 0x65;

const codeKernel: Kernel = (buf, start, end, out, at) => {
  const stop = collapseSpaces(buf, start, end, out, at);
  for (let i = at; i < stop;) {
    const length = codePointLength(out, i, stop);
    const code = codePointAt(out, i, length);
    if (code < 0x20 || code === 0x7f || (code >= 0x80 && isDeceptive(code))) return INVALID;
    i += length;
  }
  if (isPowerOfTen(out, at, stop)) return DAMAGED;
  return stop - at > MOST_BYTES ? TOO_LONG : copyUpper(out, at, stop, out, at);
};

/** `4.44814E+08`, the way spreadsheets write a long number. */
function isPowerOfTen(buf: Uint8Array, i: number, end: number): boolean {
  if (i === end || !isDigit(buf[i]!)) return false;
  const point = i + 1;
  const mantissaEnd = point < end && buf[point] === DOT ? digitsEnd(buf, point + 1, end) : point;
  if (mantissaEnd + 2 >= end || lower(buf[mantissaEnd]!) !== LETTER_E || buf[mantissaEnd + 1] !== PLUS) return false;
  return digitsEnd(buf, mantissaEnd + 2, end) === end;
}

function readCode(value: string): Reading {
  const code = value.replace(/\s+/g, ' ');
  if (/[\u0000-\u001f\u007f]/.test(code) || DECEPTIVE.test(code)) return finding('code.invalid');
  if (/^\d(?:\.\d*)?E\+\d+$/i.test(code)) return finding('code.damaged');
  return new TextEncoder().encode(code).length > MOST_BYTES ? finding('text.too_long') : { value: upperText(code) };
}

/**
 * Codes of a system that is not known, or one of several: SNOMED CT, ICD, LOINC, a hospital's own. Nothing is guessed from their
 * shape: letters become capitals, dots, hyphens and leading zeros stay. A number in powers of ten is what a spreadsheet leaves of a
 * long code: its last digits are lost.
 */
export const code = defineStandardizer({
  name: 'code',
  produces: 'text',
  description: 'A code of any system in capital letters, at most 256 bytes.',
  options: z.strictObject({}),
  findings: ['code.invalid', 'code.damaged', 'text.too_long'],
  examples: [
    ['e11.9', 'E11.9'],
    ['E119', 'E119'],
    ['0450', '0450'],
    ['444814009', '444814009'],
    ['2345-7', '2345-7'],
    ['5e10', '5E10'],
    ['y', 'Y'],
    ['lab  glu', 'LAB GLU'],
    ['é1', 'é1'],
    ['E11\u200b9', finding('code.invalid')],
    ['Ｅ11', finding('code.invalid')],
    ['E11\u061c', finding('code.invalid')],
    ['e\u03011', finding('code.invalid')],
    ['4.44814E+08', finding('code.damaged')],
    ['1E+15', finding('code.damaged')],
    ['9'.repeat(257), finding('text.too_long')],
  ],
  kernel: () => codeKernel,
  reference: readCode,
});
