import { z } from 'zod';
import { finding, type Kernel, type Reading } from '@attune/core';
import { MINUS, NINE, SPACE, ZERO, copyBytes, digitsEnd } from '../ascii/bytes.js';
import { defineStandardizer } from '../define-standardizer.js';
import { readFolded } from '../folding/read-folded.js';

const INVALID = -1;

const postalCodeKernel: Kernel = (buf, start, end, out, at) => {
  const firstEnd = digitsEnd(buf, start, end);
  const length = firstEnd - start;
  if ((length !== 5 && length !== 9) || isPlaceholder(buf, start)) return INVALID;
  if (length === 5 && firstEnd === end) return copyBytes(buf, start, end, out, at);
  const plusFour = length === 9 ? start + 5 : firstEnd + 1;
  if (length === 9 ? firstEnd !== end : buf[firstEnd] !== MINUS && buf[firstEnd] !== SPACE) return INVALID;
  if (end - plusFour !== 4 || digitsEnd(buf, plusFour, end) !== end) return INVALID;
  const hyphen = copyBytes(buf, start, start + 5, out, at);
  out[hyphen] = MINUS;
  return copyBytes(buf, plusFour, end, out, hyphen + 1);
};

/** 00000 and 99999 are no ZIP codes but what forms are filled with. */
function isPlaceholder(buf: Uint8Array, start: number): boolean {
  const first = buf[start]!;
  if (first !== ZERO && first !== NINE) return false;
  for (let i = start + 1; i < start + 5; i++) if (buf[i] !== first) return false;
  return true;
}

function readPostalCode(value: string): Reading {
  const [, zip, plusFour] = /^(?!00000|99999)(\d{5})(?:[- ]?(\d{4}))?$/.exec(value) ?? [];
  if (zip === undefined) return finding('postal_code.invalid');
  return { value: plusFour === undefined ? zip : `${zip}-${plusFour}` };
}

/** ZIP and ZIP+4. Four digits are a leading zero lost in a spreadsheet, or a digit lost elsewhere: not guessed. */
export const postalCode = readFolded(
  defineStandardizer({
    name: 'postal-code',
    produces: 'text',
    description: 'ZIP code of five digits, or of nine with a hyphen.',
    options: z.strictObject({}),
    findings: ['postal_code.invalid'],
    examples: [
      ['02155', '02155'],
      ['021551234', '02155-1234'],
      ['02155-1234', '02155-1234'],
      ['02155 1234', '02155-1234'],
      ['2155', finding('postal_code.invalid')],
      ['02155-', finding('postal_code.invalid')],
      ['00000', finding('postal_code.invalid')],
      ['99999-9999', finding('postal_code.invalid')],
      ['1.5e1', finding('postal_code.invalid')],
      ['０2155', '02155'],
      ['02155–1234', '02155-1234'],
      ['٠2155', finding('postal_code.invalid')],
    ],
    kernel: () => postalCodeKernel,
    reference: readPostalCode,
  }),
);
