import { z } from 'zod';
import { finding, type Kernel, type Reading } from '@attune/core';
import { lowerText } from '../ascii/bytes.js';
import { Dictionary } from '../ascii/dictionary.js';
import { defineStandardizer } from '../define-standardizer.js';

const SexOptions = z.strictObject({ codes: z.enum(['letters', 'iso5218']).default('letters') });
type SexOptions = z.infer<typeof SexOptions>;

type Spellings = readonly (readonly [spelling: string, canonical: 'male' | 'female' | 'other' | 'unknown'])[];

const LETTERS: Spellings = [
  ['m', 'male'],
  ['male', 'male'],
  ['man', 'male'],
  ['f', 'female'],
  ['female', 'female'],
  ['w', 'female'],
  ['woman', 'female'],
  ['o', 'other'],
  ['other', 'other'],
  ['x', 'other'],
  ['nonbinary', 'other'],
  ['non-binary', 'other'],
  ['non binary', 'other'],
  ['undifferentiated', 'other'],
  ['u', 'unknown'],
  ['unk', 'unknown'],
  ['unknown', 'unknown'],
];

/** ISO/IEC 5218; "not applicable" is `other`, as in the FHIR map for HL7 table 0001. */
const ISO_5218: Spellings = [
  ['0', 'unknown'],
  ['1', 'male'],
  ['2', 'female'],
  ['9', 'other'],
];

function spellings(options: SexOptions): Spellings {
  return options.codes === 'iso5218' ? [...LETTERS, ...ISO_5218] : LETTERS;
}

function sexKernel(options: SexOptions): Kernel {
  const words = new Dictionary(spellings(options));
  return (buf, start, end, out, at) => words.write(buf, start, end, out, at);
}

function readSex(value: string, options: SexOptions): Reading {
  const known = spellings(options).find(([spelling]) => spelling === lowerText(value));
  return known ? { value: known[1] } : finding('sex.unknown_code');
}

/** FHIR R4 administrative-gender. Digits differ from system to system, so they are read only when `codes` names their meaning. */
export const sex = defineStandardizer({
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
    ['Ｍ', finding('sex.unknown_code')],
  ],
  kernel: sexKernel,
  reference: readSex,
});
