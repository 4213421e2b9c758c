import { z } from 'zod';
import { finding } from '@attune/core';
import { Dictionary } from '../ascii/dictionary.js';
import { defineStandardizer } from '../define-standardizer.js';
import { readFolded } from '../folding/read-folded.js';

const words = new Dictionary([
  ...['true', 't', 'yes', 'y', '1'].map((word) => [word, 'true'] as const),
  ...['false', 'f', 'no', 'n', '0'].map((word) => [word, 'false'] as const),
]);

/** Yes and no, as `true` and `false`. */
export const boolean = readFolded(
  defineStandardizer({
    name: 'boolean',
    produces: 'boolean',
    description: 'Yes or no, written true or false.',
    options: z.strictObject({}),
    findings: ['boolean.invalid'],
    examples: [
      ['Yes', 'true'],
      ['T', 'true'],
      ['1', 'true'],
      ['FALSE', 'false'],
      ['n', 'false'],
      ['0', 'false'],
      ['Ｙ', 'true'],
      ['2', finding('boolean.invalid')],
      ['01', finding('boolean.invalid')],
      ['yes.', finding('boolean.invalid')],
    ],
    kernel: () => (buf, start, end, out, at) => words.write(buf, start, end, out, at),
    reference: (value) => {
      if (/^(?:true|t|yes|y|1)$/i.test(value)) return { value: 'true' };
      return /^(?:false|f|no|n|0)$/i.test(value) ? { value: 'false' } : finding('boolean.invalid');
    },
  }),
);
