import { preferenceOf } from './prefer.js';

test.each([
  [undefined, 0, undefined],
  ['', 0, undefined],
  ['handling=strict', 0, undefined],
  ['respond-async', 0, 'respond-async'],
  ['wait=5', 5, 'wait=5'],
  ['Wait = "5"; foo', 5, 'wait=5'],
  ['wait=500', 20, 'wait=20'],
  ['respond-async, wait=10', 10, 'wait=10'],
  ['wait=3, wait=9', 3, 'wait=3'],
  ['wait=-1', 0, undefined],
  ['wait=soon, respond-async', 0, 'respond-async'],
  ['wait=0', 0, 'wait=0'],
] as const)('Prefer: %s', (header, waitSeconds, applied) => expect(preferenceOf(header)).toEqual({ waitSeconds, applied }));
