import { z } from 'zod';
import { finding } from '@attune/core';
import { defineStandardizer } from '../define-standardizer.js';
import { emailKernel } from './email-kernel.js';
import { readEmail } from './email-reference.js';

/**
 * E-mail addresses as people use them (RFC 5321 and 5322 without quoted parts, comments and address literals), A to Z in small
 * letters throughout: no provider of any size tells local parts apart by case. Letters beyond ASCII (RFC 6531) stay as received.
 * Local part 1 to 64 bytes, labels of the domain 1 to 63, the whole 254; at least two labels, and a last one that is no number.
 */
export const email = defineStandardizer({
  name: 'email',
  produces: 'text',
  description: 'An e-mail address in small letters.',
  options: z.strictObject({}),
  findings: ['email.invalid'],
  examples: [
    ['Ann.Lovell@Example.COM', 'ann.lovell@example.com'],
    ["o'neil+lab@mail.example.org", "o'neil+lab@mail.example.org"],
    ['jürgen@bücher.example', 'jürgen@bücher.example'],
    ['a@xn--bcher-kva.xn--p1ai', 'a@xn--bcher-kva.xn--p1ai'],
    [`${'a'.repeat(64)}@${'b'.repeat(63)}.org`, `${'a'.repeat(64)}@${'b'.repeat(63)}.org`],
    [`${'a'.repeat(65)}@example.org`, finding('email.invalid')],
    [`ann@${'b'.repeat(64)}.org`, finding('email.invalid')],
    [`ann@${'b23456789.'.repeat(25)}org`, finding('email.invalid')],
    ['ann@example', finding('email.invalid')],
    ['ann@@example.org', finding('email.invalid')],
    ['ann..b@example.org', finding('email.invalid')],
    ['ann@exa_mple.org', finding('email.invalid')],
    ['ann@-example.org', finding('email.invalid')],
    ['ann@10.0.0.1', finding('email.invalid')],
    ['ann lovell@example.org', finding('email.invalid')],
    ['ａnn@example.org', finding('email.invalid')],
    ['"ann"@example.org', finding('email.invalid')],
  ],
  kernel: () => emailKernel,
  reference: readEmail,
});
