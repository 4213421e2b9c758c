import { z } from 'zod';
import { finding, type Kernel, type Reading } from '@attune/core';
import { ZERO, copyBytes, digitsEnd, numberOf } from '../ascii/bytes.js';
import { defineStandardizer } from '../define-standardizer.js';

const INVALID = -1;

const placeKernel: Kernel = (buf, start, end, out, at) => {
  const digits = end - start;
  if (digits < 1 || digits > 2 || digitsEnd(buf, start, end) !== end || numberOf(buf, start, end) === 0) return INVALID;
  if (digits === 1) out[at++] = ZERO;
  return copyBytes(buf, start, end, out, at);
};

function readPlace(value: string): Reading {
  return /^(?!0+$)\d{1,2}$/.test(value) ? { value: value.padStart(2, '0') } : finding('place_of_service.invalid');
}

/** Places of service of professional claims (CMS place of service code set): 01 to 99. One digit is one whose zero was lost. */
export const placeOfService = defineStandardizer({
  name: 'place-of-service',
  produces: 'text',
  description: 'A place of service, two digits.',
  options: z.strictObject({}),
  findings: ['place_of_service.invalid'],
  examples: [
    ['11', '11'],
    ['02', '02'],
    ['2', '02'],
    ['99', '99'],
    ['00', finding('place_of_service.invalid')],
    ['0', finding('place_of_service.invalid')],
    ['011', finding('place_of_service.invalid')],
    ['1.', finding('place_of_service.invalid')],
    ['Office', finding('place_of_service.invalid')],
  ],
  kernel: () => placeKernel,
  reference: readPlace,
});
