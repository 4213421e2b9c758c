import { z } from 'zod';
import { finding, type Reading } from '@attune/core';
import { lowerText } from '../ascii/bytes.js';
import { Dictionary } from '../ascii/dictionary.js';
import { defineStandardizer } from '../define-standardizer.js';
import { readFolded } from '../folding/read-folded.js';
import { STATES } from './states.js';

const IGNORED = ' .';

const words = new Dictionary(
  STATES.flatMap(([abbreviation, ...spellings]) =>
    [lowerText(abbreviation), ...spellings].map((spelling) => [spelling, abbreviation] as const),
  ),
  IGNORED,
);

const bare = (text: string) => lowerText(text).replace(/[ .]/g, '');
const bareSpellings = STATES.map((spellings) => spellings.map(bare));

function readState(value: string): Reading {
  const bareValue = bare(value);
  const state = bareSpellings.findIndex((spellings) => spellings.includes(bareValue));
  return state < 0 ? finding('us_state.unknown') : { value: STATES[state]![0] };
}

/** States, the District of Columbia, territories and military addresses. Numbers (FIPS, SSA) are code systems of their own and not read here. */
export const usState = readFolded(
  defineStandardizer({
    name: 'us-state',
    produces: 'text',
    description: 'State, district, territory or military region of the United States, USPS abbreviation.',
    options: z.strictObject({}),
    findings: ['us_state.unknown'],
    examples: [
      ['MA', 'MA'],
      ['ma', 'MA'],
      ['Massachusetts', 'MA'],
      ['Mass.', 'MA'],
      ['N.Y.', 'NY'],
      ['new  york', 'NY'],
      ['Penna', 'PA'],
      ['D.C.', 'DC'],
      ['Puerto Rico', 'PR'],
      ['AE', 'AE'],
      ['25', finding('us_state.unknown')],
      ['Ontario', finding('us_state.unknown')],
      ['ZZ', finding('us_state.unknown')],
      ['ＭＡ', 'MA'],
      ['\u200eMA', 'MA'],
      ['\u200e', finding('us_state.unknown')],
    ],
    kernel: () => (buf, start, end, out, at) => words.write(buf, start, end, out, at),
    reference: readState,
  }),
);
