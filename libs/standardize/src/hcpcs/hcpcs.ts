import { z } from 'zod';
import { finding, type Kernel, type Reading } from '@attune/core';
import { ZERO, copyUpper, isDigit, isLetter, upperText } from '../ascii/bytes.js';
import { defineStandardizer } from '../define-standardizer.js';

const INVALID = -1;
const LENGTH = 5;

const hcpcsKernel: Kernel = (buf, start, end, out, at) => {
  if (end - start !== LENGTH) return INVALID;
  let digits = 0;
  let zeros = 0;
  for (let i = start; i < end; i++) {
    if (isDigit(buf[i]!)) digits++;
    else if (!isLetter(buf[i]!)) return INVALID;
    if (buf[i] === ZERO) zeros++;
  }
  return digits === 0 || zeros === LENGTH ? INVALID : copyUpper(buf, start, end, out, at);
};

function readHcpcs(value: string): Reading {
  return /^(?=.*\d)(?!0{5})[A-Za-z\d]{5}$/.test(value) ? { value: upperText(value) } : finding('hcpcs.invalid');
}

/**
 * Codes of five characters that stand in the HCPCS field of a claim: CPT (99213, 0001F, 0042T), HCPCS level II (J3490), CDT (D0120),
 * and HIPPS rates (1AFKS), which nursing homes and home health agencies bill there. Fewer characters are leading zeros lost in a
 * spreadsheet, or a character lost elsewhere: not guessed.
 */
export const hcpcs = defineStandardizer({
  name: 'hcpcs',
  produces: 'text',
  description: 'A code of five characters as HCPCS, CPT, CDT and HIPPS have them.',
  options: z.strictObject({}),
  findings: ['hcpcs.invalid'],
  examples: [
    ['99213', '99213'],
    ['j3490', 'J3490'],
    ['0001F', '0001F'],
    ['D0120', 'D0120'],
    ['1AFKS', '1AFKS'],
    ['ABAA1', 'ABAA1'],
    ['100', finding('hcpcs.invalid')],
    ['00000', finding('hcpcs.invalid')],
    ['99213-25', finding('hcpcs.invalid')],
    ['OTHER', finding('hcpcs.invalid')],
    ['9921.', finding('hcpcs.invalid')],
    ['185347001', finding('hcpcs.invalid')],
  ],
  kernel: () => hcpcsKernel,
  reference: readHcpcs,
});
