import { z } from 'zod';
import { finding } from '@attune/core';
import { readWords, type Words } from '../ascii/words.js';
import { defineStandardizer } from '../define-standardizer.js';
import { readFolded } from '../folding/read-folded.js';

const SexOptions = z.strictObject({ codes: z.enum(['letters', 'iso5218', 'hl7', 'omop']).default('letters') });

const LETTERS: Words = [
  ['male', 'm', 'man', 'boy', 'masculino', 'hombre', 'homme', 'masculin', '248153007'],
  ['female', 'f', 'w', 'woman', 'girl', 'femenino', 'mujer', 'femme', '248152002'],
  [
    'other',
    'o',
    'oth',
    'x',
    'nonbinary',
    'non-binary',
    'non binary',
    'enby',
    'genderqueer',
    'gender queer',
    'gender fluid',
    'genderfluid',
    'gender nonconforming',
    'gender non-conforming',
    'agender',
    'two-spirit',
    'two spirit',
    'intersex',
    'undifferentiated',
    'ambiguous',
  ],
  [
    'unknown',
    'u',
    'unk',
    'asku',
    'not known',
    'not reported',
    'not recorded',
    'not disclosed',
    'choose not to disclose',
    'prefer not to say',
    'prefer not to answer',
    'declined',
    'declined to answer',
    'refused',
  ],
];

/** ISO/IEC 5218; "not applicable" is `other`, as in the FHIR map for HL7 table 0001. */
const ISO_5218: Words = [
  ['unknown', '0'],
  ['male', '1'],
  ['female', '2'],
  ['other', '9'],
];

/** Letters of HL7 table 0001 that elsewhere are active and no. */
const HL7: Words = [['other', 'a', 'n']];

/** Gender concepts of OMOP. */
const OMOP: Words = [
  ['male', '8507'],
  ['female', '8532'],
  ['other', '8521'],
  ['unknown', '8551'],
];

const words = readWords(
  { letters: LETTERS, iso5218: [...LETTERS, ...ISO_5218], hl7: [...LETTERS, ...HL7], omop: [...LETTERS, ...OMOP] },
  'sex.unknown_code',
  '',
);

/**
 * FHIR R4 administrative-gender. Digits differ from system to system, and so do some letters; they are read only when `codes` names their
 * meaning. Words of gender that are neither male nor female are `other`, as FHIR defines it; whether "transgender" is male, female or
 * other in the books of the source it does not say, so it is refused.
 */
export const sex = readFolded(
  defineStandardizer({
    name: 'sex',
    produces: 'text',
    description: 'Administrative sex: male, female, other or unknown (FHIR administrative-gender).',
    options: SexOptions,
    findings: ['sex.unknown_code'],
    examples: [
      ['M', 'male'],
      ['Female', 'female'],
      ['W', 'female'],
      ['x', 'other'],
      ['Non-Binary', 'other'],
      ['UNKNOWN', 'unknown'],
      ['1', finding('sex.unknown_code')],
      ['fem', finding('sex.unknown_code')],
      ['Ｍ', 'male'],
      ['Mujer', 'female'],
      ['Intersex', 'other'],
      ['prefer not to say', 'unknown'],
      ['N', finding('sex.unknown_code')],
      ['transgender', finding('sex.unknown_code')],
    ],
    kernel: ({ codes }) => words.kernel(codes),
    reference: (value, { codes }) => words.reference(value, codes),
  }),
);
