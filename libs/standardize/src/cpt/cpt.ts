import { z } from 'zod';
import { finding, type Kernel, type Reading } from '@attune/core';
import { copyUpper, digitsEnd, isDigit, numberOf, upper, upperText } from '../ascii/bytes.js';
import { defineStandardizer } from '../define-standardizer.js';

const INVALID = -1;
const LENGTH = 5;
/** Anesthesia is where category I begins. */
const FIRST_OF_CATEGORY_I = 100;

/** 1 for the last letters of category II, of category III, of proprietary laboratory analyses, and of administrative analyses. */
const isKind = new Uint8Array(0x100);
for (const letter of 'FTUM') isKind[letter.charCodeAt(0)] = 1;

const cptKernel: Kernel = (buf, start, end, out, at) => {
  const last = end - 1;
  if (end - start !== LENGTH || digitsEnd(buf, start, last) !== last) return INVALID;
  const inCategoryI = isDigit(buf[last]!) && numberOf(buf, start, end) >= FIRST_OF_CATEGORY_I;
  const inOther = isKind[upper(buf[last]!)] === 1 && numberOf(buf, start, last) > 0;
  return inCategoryI || inOther ? copyUpper(buf, start, end, out, at) : INVALID;
};

function readCpt(value: string): Reading {
  const code = upperText(value);
  return /^(?:(?!000)[0-9]{5}|(?!0000)[0-9]{4}[FTUM])$/.test(code) ? { value: code } : finding('cpt.invalid');
}

/**
 * CPT by its shape alone (the codes are the property of the American Medical Association): category I five digits from 00100, category II
 * four digits and F, category III four digits and T, laboratory analyses four digits and U (proprietary) or M (administrative, CPT appendix O).
 * Fewer digits are leading zeros lost in a spreadsheet or a digit lost elsewhere: not guessed.
 */
export const cpt = defineStandardizer({
  name: 'cpt',
  produces: 'text',
  description: 'A code in the shape of CPT, five characters.',
  options: z.strictObject({}),
  findings: ['cpt.invalid'],
  examples: [
    ['99213', '99213'],
    ['00100', '00100'],
    ['0001F', '0001F'],
    ['0042t', '0042T'],
    ['0240U', '0240U'],
    ['0002m', '0002M'],
    ['100', finding('cpt.invalid')],
    ['00000', finding('cpt.invalid')],
    ['00099', finding('cpt.invalid')],
    ['0000F', finding('cpt.invalid')],
    ['J3490', finding('cpt.invalid')],
    ['0042X', finding('cpt.invalid')],
    ['99213-25', finding('cpt.invalid')],
    ['９９２１３', finding('cpt.invalid')],
    ['9921\u0663', finding('cpt.invalid')],
  ],
  kernel: () => cptKernel,
  reference: readCpt,
});
