import { z } from 'zod';
import { finding, type Kernel, type Reading } from '@attune/core';
import { DOT, copyUpper, isDigit, isLetter, lower, upperText } from '../ascii/bytes.js';
import { defineStandardizer } from '../define-standardizer.js';

const INVALID = -1;
const CATEGORY = 3;
const MOST_BEHIND_DOT = 4;
const LETTER_A = 0x61;
const LETTER_B = 0x62;

const icdKernel: Kernel = (buf, start, end, out, at) => {
  const categoryEnd = start + CATEGORY;
  if (end < categoryEnd || !isLetter(buf[start]!) || !isDigit(buf[start + 1]!) || !endsCategory(buf[start + 2]!)) return INVALID;
  const dotted = categoryEnd < end && buf[categoryEnd] === DOT;
  const rest = dotted ? categoryEnd + 1 : categoryEnd;
  if (end - rest > MOST_BEHIND_DOT || (dotted && rest === end)) return INVALID;
  for (let i = rest; i < end; i++) if (!isDigit(buf[i]!) && !isLetter(buf[i]!)) return INVALID;
  const stop = copyUpper(buf, start, categoryEnd, out, at);
  if (rest === end) return stop;
  out[stop] = DOT;
  return copyUpper(buf, rest, end, out, stop + 1);
};

/** A digit, or A or B as in C4A and C7B. */
function endsCategory(byte: number): boolean {
  return isDigit(byte) || lower(byte) === LETTER_A || lower(byte) === LETTER_B;
}

function readIcd(value: string): Reading {
  const [, category, rest] = /^([A-Z]\d[\dAB])(?:\.?([A-Z\d]{1,4}))?$/.exec(upperText(value)) ?? [];
  if (category === undefined) return finding('icd_10_cm.invalid');
  return { value: rest === undefined ? category : `${category}.${rest}` };
}

/**
 * ICD-10-CM by its shape: a letter, a digit, a digit or A or B, and up to four more behind a dot (ICD-10-CM Official Guidelines,
 * section I.A). Claims leave the dot out, health records write it: its place is always the same, so it is put there. Whether the code
 * exists is for the code system to say.
 */
export const icd10Cm = defineStandardizer({
  name: 'icd-10-cm',
  produces: 'text',
  description: 'A diagnosis in the shape of ICD-10-CM, with its dot.',
  options: z.strictObject({}),
  findings: ['icd_10_cm.invalid'],
  examples: [
    ['E11.9', 'E11.9'],
    ['E119', 'E11.9'],
    ['i10', 'I10'],
    ['s72001a', 'S72.001A'],
    ['C4A.0', 'C4A.0'],
    ['W19.XXXA', 'W19.XXXA'],
    ['U07.1', 'U07.1'],
    ['250.00', finding('icd_10_cm.invalid')],
    ['V58.', finding('icd_10_cm.invalid')],
    ['E11.99999', finding('icd_10_cm.invalid')],
    ['E1.19', finding('icd_10_cm.invalid')],
    ['44054006', finding('icd_10_cm.invalid')],
    ['E 119', finding('icd_10_cm.invalid')],
  ],
  kernel: () => icdKernel,
  reference: readIcd,
});
