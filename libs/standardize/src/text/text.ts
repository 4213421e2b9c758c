import { z } from 'zod';
import { defineStandardizer } from '../define-standardizer.js';
import { collapseSpaces } from '../clean/space.js';

/**
 * Free text as received: only runs of white space become one blank. Accents and marks, full-width forms and marks of the direction of
 * writing stay: in a text of several languages they may all mean something.
 */
export const text = defineStandardizer({
  name: 'text',
  produces: 'text',
  description: 'Free text; each run of white space becomes one blank.',
  options: z.strictObject({}),
  findings: [],
  examples: [
    ['12  Elm   Street', '12 Elm Street'],
    ['12\u00a0Elm\u3000\u2003Street', '12 Elm Street'],
    ['Zoë said “hi”', 'Zoë said “hi”'],
    ['x', 'x'],
  ],
  kernel: () => collapseSpaces,
  reference: (value) => ({ value: value.replace(/\s+/g, ' ') }),
});
