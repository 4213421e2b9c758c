import { finding } from '@attune/core';
import { defineStandardizer } from '../define-standardizer.js';
import { readFolded } from '../folding/read-folded.js';
import { phoneKernel } from './phone-kernel.js';
import { PhoneOptions } from './phone-options.js';
import { readPhone } from './phone-reference.js';

/**
 * Telephone numbers in E.164. Without a plus a number is one of the North American Numbering Plan: ten digits, or eleven that
 * begin with 1; area code and exchange begin with 2 to 9, and no area code ends in 11. With a plus and another country code,
 * 8 to 15 digits; `(0)` in them is refused, because the zero is not dialled. An extension has no place in E.164, so such a number
 * is the finding `phone.extension`, with the value as received; `extension` may have it kept as RFC 3966 writes it (`;ext=7`), or dropped.
 */
export const phone = readFolded(
  defineStandardizer({
    name: 'phone',
    produces: 'text',
    description: 'A telephone number in E.164.',
    options: PhoneOptions,
    findings: ['phone.invalid', 'phone.extension'],
    examples: [
      ['(617) 555-0142', '+16175550142'],
      ['617.555.0142', '+16175550142'],
      ['1-617-555-0142', '+16175550142'],
      ['+1 617 555 0142', '+16175550142'],
      ['+44 20 7946 0958', '+442079460958'],
      ['617-555-0142 x123', finding('phone.extension')],
      ['6175550142, ext. 7', finding('phone.extension')],
      ['555-0142', finding('phone.invalid')],
      ['(117) 555-0142', finding('phone.invalid')],
      ['911-555-0142', finding('phone.invalid')],
      ['617-155-0142', finding('phone.invalid')],
      ['+44 (0)20 7946 0958', finding('phone.invalid')],
      ['617-555-O142', finding('phone.invalid')],
      ['６１７5550142', '+16175550142'],
      ['\u202a617–555‑0142\u202c', '+16175550142'],
      ['٦١٧5550142', finding('phone.invalid')],
    ],
    kernel: phoneKernel,
    reference: readPhone,
  }),
);
