import { z } from 'zod';
import { finding } from '@attune/core';
import { readWords, type Words } from '../ascii/words.js';
import { defineStandardizer } from '../define-standardizer.js';
import { readFolded } from '../folding/read-folded.js';

const MaritalStatusOptions = z.strictObject({ codes: z.enum(['v3', 'v2', 'x12']).default('v3') });

const WORDS: Words = [
  ['A', 'annulled', 'marriage annulled'],
  ['C', 'common law', 'common law marriage'],
  ['D', 'divorced', 'div'],
  ['I', 'interlocutory', 'interlocutory decree'],
  ['L', 'legally separated', 'separated', 'sep'],
  ['M', 'married', 'mar', 'currently married'],
  ['P', 'polygamous'],
  ['S', 'never married', 'single', 'sgl', 'single never married'],
  ['T', 'domestic partner', 'domestic partnership', 'registered domestic partner', 'life partner', 'living together', 'civil union'],
  ['U', 'unmarried', 'not married'],
  ['W', 'widowed', 'widow', 'widower', 'wid'],
  ['UNK', 'unknown', 'not known', 'not reported', 'unreported', 'declined', 'refused'],
];

/** Letters of HL7 table 0002, as the HL7 map from version 2 to FHIR reads them. */
const V2: Words = [
  ['L', 'a', 'e'],
  ['U', 'b'],
  ['C', 'c'],
  ['D', 'd'],
  ['T', 'g', 'p', 'r'],
  ['I', 'i'],
  ['M', 'm'],
  ['A', 'n'],
  ['S', 's'],
  ['UNK', 't', 'u'],
  ['W', 'w'],
];

/** Letters of X12 data element 1067. */
const X12: Words = [
  ['T', 'b'],
  ['D', 'd'],
  ['S', 'i'],
  ['UNK', 'k', 'r'],
  ['M', 'm'],
  ['L', 's', 'x'],
  ['U', 'u'],
  ['W', 'w'],
];

const words = readWords({ v3: WORDS, v2: [...V2, ...WORDS], x12: [...X12, ...WORDS] }, 'marital_status.unknown_code', ' -,/().');

/**
 * Marital status in the codes of HL7 version 3 (MaritalStatus), which FHIR and US Core want: A annulled, C common law, D divorced,
 * I interlocutory, L legally separated, M married, P polygamous, S never married, T domestic partner, U unmarried, W widowed; UNK where
 * it is not known. "Separated" is L, as in the HL7 map from version 2 to FHIR. The same letters mean other things in HL7 version 2
 * (table 0002: A separated, P domestic partner, T unreported, U unknown) and in X12 (element 1067: S separated, I single): `codes` names
 * the list of the source. The result is always of version 3 and is read again with `codes: 'v3'`.
 */
export const maritalStatus = readFolded(
  defineStandardizer({
    name: 'marital-status',
    produces: 'text',
    description: 'Marital status: a code of HL7 version 3.',
    options: MaritalStatusOptions,
    findings: ['marital_status.unknown_code'],
    examples: [
      ['S', 'S'],
      ['Single', 'S'],
      ['never married', 'S'],
      ['MARRIED', 'M'],
      ['m', 'M'],
      ['Divorced', 'D'],
      ['Widower', 'W'],
      ['separated', 'L'],
      ['Legally Separated', 'L'],
      ['Common-law', 'C'],
      ['Domestic Partner', 'T'],
      ['unmarried', 'U'],
      ['unknown', 'UNK'],
      ['Ｓ', 'S'],
      ['X', finding('marital_status.unknown_code')],
      ['1', finding('marital_status.unknown_code')],
      ['married/divorced', finding('marital_status.unknown_code')],
      ['partnered', finding('marital_status.unknown_code')],
    ],
    kernel: ({ codes }) => words.kernel(codes),
    reference: (value, { codes }) => words.reference(value, codes),
  }),
);
