import { z } from 'zod';
import { finding, type Kernel, type Reading } from '@attune/core';
import { copyUpper, digitsEnd, isDigit, isLetter, upper, upperText } from '../ascii/bytes.js';
import { defineStandardizer } from '../define-standardizer.js';

const INVALID = -1;
const LENGTH = 10;
/** Grouping and the digit that begins the classification, then the two places that may be letters, then digits, then one letter. */
const DIGITS_BEFORE = 3;
const OPEN_END = 5;

/** 1 for the letters at the end: X, and what the first releases had there for certified or not. */
const isLast = new Uint8Array(0x100);
for (const letter of 'XYN') isLast[letter.charCodeAt(0)] = 1;

const taxonomyKernel: Kernel = (buf, start, end, out, at) => {
  const last = end - 1;
  if (end - start !== LENGTH || isLast[upper(buf[last]!)] !== 1) return INVALID;
  if (digitsEnd(buf, start, start + DIGITS_BEFORE) !== start + DIGITS_BEFORE) return INVALID;
  for (let i = start + DIGITS_BEFORE; i < start + OPEN_END; i++) if (!isDigit(buf[i]!) && !isLetter(buf[i]!)) return INVALID;
  return digitsEnd(buf, start + OPEN_END, last) === last ? copyUpper(buf, start, end, out, at) : INVALID;
};

function readTaxonomy(value: string): Reading {
  const code = upperText(value);
  return /^\d{3}[A-Z\d]{2}\d{4}[XYN]$/.test(code) ? { value: code } : finding('taxonomy.invalid');
}

/**
 * Provider taxonomy codes by their shape (NUCC, Health Care Provider Taxonomy): ten characters, of which the first three and the four
 * before the last are digits, and the last is X, in codes of the first releases also Y or N. Whether the code exists is for the code system
 * to say.
 */
export const taxonomy = defineStandardizer({
  name: 'taxonomy',
  produces: 'text',
  description: 'A provider taxonomy code (NUCC), ten characters.',
  options: z.strictObject({}),
  findings: ['taxonomy.invalid'],
  examples: [
    ['207R00000X', '207R00000X'],
    ['207rc0000x', '207RC0000X'],
    ['1223X2210X', '1223X2210X'],
    ['193200000X', '193200000X'],
    ['2084P0800X', '2084P0800X'],
    ['207R00000', finding('taxonomy.invalid')],
    ['203BF0100Y', '203BF0100Y'],
    ['207R00000Z', finding('taxonomy.invalid')],
    ['2O7R00000X', finding('taxonomy.invalid')],
    ['Internal Medicine', finding('taxonomy.invalid')],
    ['11', finding('taxonomy.invalid')],
    ['207R-00000X', finding('taxonomy.invalid')],
    ['207R00000Ｘ', finding('taxonomy.invalid')],
    ['207R0000\u200fX', finding('taxonomy.invalid')],
  ],
  kernel: () => taxonomyKernel,
  reference: readTaxonomy,
});
