import { z } from 'zod';
import { defineStandardizer } from '../define-standardizer.js';
import { collapseSpaces } from '../clean/space.js';

/** Free text as received: only runs of white space become one blank. */
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
