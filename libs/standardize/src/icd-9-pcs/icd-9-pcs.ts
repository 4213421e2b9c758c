import { z } from 'zod';
import { finding, type Kernel, type Reading } from '@attune/core';
import { DOT, copyBytes, digitsEnd } from '../ascii/bytes.js';
import { defineStandardizer } from '../define-standardizer.js';

const INVALID = -1;
const CATEGORY = 2;
const MOST_BEHIND_DOT = 2;

const icd9PcsKernel: Kernel = (buf, start, end, out, at) => {
  const categoryEnd = start + CATEGORY;
  if (end < categoryEnd || digitsEnd(buf, start, categoryEnd) !== categoryEnd) return INVALID;
  const stop = copyBytes(buf, start, categoryEnd, out, at);
  if (end === categoryEnd) return stop;
  const rest = buf[categoryEnd] === DOT ? categoryEnd + 1 : categoryEnd;
  if (rest === end || end - rest > MOST_BEHIND_DOT || digitsEnd(buf, rest, end) !== end) return INVALID;
  out[stop] = DOT;
  return copyBytes(buf, rest, end, out, stop + 1);
};

function readIcd9Pcs(value: string): Reading {
  const [, category, rest] = /^(\d\d)(?:\.?(\d{1,2}))?$/.exec(value) ?? [];
  if (category === undefined) return finding('icd_9_pcs.invalid');
  return { value: rest === undefined ? category : `${category}.${rest}` };
}

/**
 * Procedures of ICD-9-CM (volume 3) by their shape: two digits, and one or two more behind a dot that claims leave out. The first two are
 * the category, 00 among them, so the place of the dot is always the same. Leading zeros are never put back: 5.1 may be 05.1 or 51.
 */
export const icd9Pcs = defineStandardizer({
  name: 'icd-9-pcs',
  produces: 'text',
  description: 'A procedure in the shape of ICD-9-CM volume 3, with its dot.',
  options: z.strictObject({}),
  findings: ['icd_9_pcs.invalid'],
  examples: [
    ['45.13', '45.13'],
    ['4513', '45.13'],
    ['451', '45.1'],
    ['45', '45'],
    ['00.66', '00.66'],
    ['0066', '00.66'],
    ['5.1', finding('icd_9_pcs.invalid')],
    ['45.', finding('icd_9_pcs.invalid')],
    ['45.133', finding('icd_9_pcs.invalid')],
    ['4', finding('icd_9_pcs.invalid')],
    ['V45', finding('icd_9_pcs.invalid')],
    ['0DTJ4ZZ', finding('icd_9_pcs.invalid')],
    ['４５', finding('icd_9_pcs.invalid')],
    ['45\u200f13', finding('icd_9_pcs.invalid')],
  ],
  kernel: () => icd9PcsKernel,
  reference: readIcd9Pcs,
});
