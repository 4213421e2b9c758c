import { z } from 'zod';
import { finding, type Kernel, type Reading } from '@attune/core';
import { collapseSpaces } from '../clean/space.js';
import { defineStandardizer } from '../define-standardizer.js';
import { DECEPTIVE, isDeceptive } from '../folding/deceptive.js';
import { codePointAt, codePointLength } from '../folding/utf8.js';

const INVALID = -1;
const TOO_LONG = -2;
const MOST_BYTES = 256;

const identifierKernel: Kernel = (buf, start, end, out, at) => {
  const stop = collapseSpaces(buf, start, end, out, at);
  for (let i = at; i < stop;) {
    const length = codePointLength(out, i, stop);
    const code = codePointAt(out, i, length);
    if (code < 0x20 || code === 0x7f || (code >= 0x80 && isDeceptive(code))) return INVALID;
    i += length;
  }
  return stop - at > MOST_BYTES ? TOO_LONG : stop;
};

function readIdentifier(value: string): Reading {
  const id = value.replace(/\s+/g, ' ');
  if (/[\u0000-\u001f\u007f]/.test(id) || DECEPTIVE.test(id)) return finding('identifier.invalid');
  return new TextEncoder().encode(id).length > MOST_BYTES ? finding('text.too_long') : { value: id };
}

/**
 * Numbers and names that a system gives to things: case and leading zeros carry meaning and stay. Runs of white space become one
 * blank. Characters that cannot be seen, or look like others (zero width, marks of direction, full width, dashes beyond ASCII, accents
 * that are not part of their letter), are refused: two identifiers that look the same have to be the same.
 */
export const identifier = defineStandardizer({
  name: 'identifier',
  produces: 'text',
  description: 'An identifier as its system wrote it, at most 256 bytes.',
  options: z.strictObject({}),
  findings: ['identifier.invalid', 'text.too_long'],
  examples: [
    ['0012345', '0012345'],
    ['mrn-A7', 'mrn-A7'],
    ['A7   12', 'A7 12'],
    ['A7\u00a012', 'A7 12'],
    ['Ñ-12', 'Ñ-12'],
    ['A\u200b7', finding('identifier.invalid')],
    ['A\u061c7', finding('identifier.invalid')],
    ['N\u0303-12', finding('identifier.invalid')],
    ['Ａ7', finding('identifier.invalid')],
    ['A–7', finding('identifier.invalid')],
    ['9'.repeat(256), '9'.repeat(256)],
    ['9'.repeat(257), finding('text.too_long')],
  ],
  kernel: () => identifierKernel,
  reference: readIdentifier,
});
