import { z } from 'zod';
import { finding, type Kernel, type Reading } from '@attune/core';
import { copyUpper, isDigit, isLetter, upper, upperText } from '../ascii/bytes.js';
import { defineStandardizer } from '../define-standardizer.js';

const INVALID = -1;
const LENGTH = 7;
const LETTER_I = 0x49;
const LETTER_O = 0x4f;

/** 1 for the sections that exist: 0 to 9, B to D, F to H, X. */
const isSection = new Uint8Array(0x100);
for (const section of '0123456789BCDFGHX') isSection[section.charCodeAt(0)] = 1;

const pcsKernel: Kernel = (buf, start, end, out, at) => {
  if (end - start !== LENGTH || isSection[upper(buf[start]!)] === 0) return INVALID;
  for (let i = start; i < end; i++) if (!isCharacter(upper(buf[i]!))) return INVALID;
  return copyUpper(buf, start, end, out, at);
};

/** I and O are left out so that nobody takes them for digits. */
function isCharacter(byte: number): boolean {
  return isDigit(byte) || (isLetter(byte) && byte !== LETTER_I && byte !== LETTER_O);
}

function readPcs(value: string): Reading {
  const code = upperText(value);
  return /^[0-9BCDFGHX][0-9A-HJ-NP-Z]{6}$/.test(code) ? { value: code } : finding('icd_10_pcs.invalid');
}

/**
 * ICD-10-PCS by its shape: seven characters of 0 to 9 and A to Z without I and O, the first of which is one of the seventeen sections
 * (ICD-10-PCS Official Guidelines, conventions A1 to A3). Fewer characters are no codes but tables, or a zero lost in a spreadsheet.
 */
export const icd10Pcs = defineStandardizer({
  name: 'icd-10-pcs',
  produces: 'text',
  description: 'A procedure in the shape of ICD-10-PCS, seven characters.',
  options: z.strictObject({}),
  findings: ['icd_10_pcs.invalid'],
  examples: [
    ['0DTJ4ZZ', '0DTJ4ZZ'],
    ['0dtj4zz', '0DTJ4ZZ'],
    ['0016070', '0016070'],
    ['XW033E5', 'XW033E5'],
    ['DTJ4ZZ', finding('icd_10_pcs.invalid')],
    ['0DTJ4ZO', finding('icd_10_pcs.invalid')],
    ['ADTJ4ZZ', finding('icd_10_pcs.invalid')],
    ['0DT.J4ZZ', finding('icd_10_pcs.invalid')],
    ['0DTJ4ZZZ', finding('icd_10_pcs.invalid')],
    ['45.13', finding('icd_10_pcs.invalid')],
    ['０DTJ4ZZ', finding('icd_10_pcs.invalid')],
    ['0DTJ4Z\u200f', finding('icd_10_pcs.invalid')],
  ],
  kernel: () => pcsKernel,
  reference: readPcs,
});
