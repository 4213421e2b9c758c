import { z } from 'zod';
import { finding, type Kernel, type Reading } from '@attune/core';
import { DOT, copyBytes, copyUpper, digitsEnd, numberOf, upper, upperText } from '../ascii/bytes.js';
import { defineStandardizer } from '../define-standardizer.js';

const INVALID = -1;
const LETTER_E = 0x45;
const LETTER_V = 0x56;
const FIRST_OF_E = 800;
const LAST_OF_V = 91;

const icd9CmKernel: Kernel = (buf, start, end, out, at) => {
  const kind = upper(buf[start]!);
  const number = kind === LETTER_E || kind === LETTER_V ? start + 1 : start;
  const categoryEnd = number + (kind === LETTER_V ? 2 : 3);
  if (end < categoryEnd || digitsEnd(buf, number, categoryEnd) !== categoryEnd) return INVALID;
  const category = numberOf(buf, number, categoryEnd);
  if (category === 0 || (kind === LETTER_E && category < FIRST_OF_E) || (kind === LETTER_V && category > LAST_OF_V)) return INVALID;
  const stop = copyUpper(buf, start, categoryEnd, out, at);
  if (end === categoryEnd) return stop;
  const rest = buf[categoryEnd] === DOT ? categoryEnd + 1 : categoryEnd;
  const digits = end - rest;
  if (digits < 1 || digits > (kind === LETTER_E ? 1 : 2) || digitsEnd(buf, rest, end) !== end) return INVALID;
  out[stop] = DOT;
  return copyBytes(buf, rest, end, out, stop + 1);
};

function readIcd9Cm(value: string): Reading {
  const code = upperText(value);
  const [, category, rest] =
    /^(?!000)(\d{3})(?:\.?(\d{1,2}))?$/.exec(code) ??
    /^(?!V00)(V[0-8]\d|V9[01])(?:\.?(\d{1,2}))?$/.exec(code) ??
    /^(E[89]\d\d)(?:\.?(\d))?$/.exec(code) ??
    [];
  if (category === undefined) return finding('icd_9_cm.invalid');
  return { value: rest === undefined ? category : `${category}.${rest}` };
}

/**
 * Diagnoses of ICD-9-CM by their shape (volumes 1 and 2; Official Guidelines, section I.A): three digits and up to two more, V01 to V91 and
 * up to two more, E800 to E999 and one more. Claims leave the dot out; it is put where it belongs, which the first character says.
 * Leading zeros are never put back: 38.9 may be 038.9, and 389 is a code of its own.
 */
export const icd9Cm = defineStandardizer({
  name: 'icd-9-cm',
  produces: 'text',
  description: 'A diagnosis in the shape of ICD-9-CM, with its dot.',
  options: z.strictObject({}),
  findings: ['icd_9_cm.invalid'],
  examples: [
    ['250.00', '250.00'],
    ['25000', '250.00'],
    ['4019', '401.9'],
    ['038', '038'],
    ['v5867', 'V58.67'],
    ['V10', 'V10'],
    ['E8889', 'E888.9'],
    ['E888', 'E888'],
    ['38.9', finding('icd_9_cm.invalid')],
    ['250.', finding('icd_9_cm.invalid')],
    ['250.000', finding('icd_9_cm.invalid')],
    ['E11.9', finding('icd_9_cm.invalid')],
    ['E888.90', finding('icd_9_cm.invalid')],
    ['V92', finding('icd_9_cm.invalid')],
    ['000', finding('icd_9_cm.invalid')],
    ['２５０', finding('icd_9_cm.invalid')],
    ['250\u200f.00', finding('icd_9_cm.invalid')],
  ],
  kernel: () => icd9CmKernel,
  reference: readIcd9Cm,
});
