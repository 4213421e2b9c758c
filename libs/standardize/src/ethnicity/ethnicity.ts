import { z } from 'zod';
import { finding } from '@attune/core';
import { readWords, type Words } from '../ascii/words.js';
import { defineStandardizer } from '../define-standardizer.js';
import { readFolded } from '../folding/read-folded.js';

const EthnicityOptions = z.strictObject({ codes: z.enum(['letters', 'yes-no']).default('letters') });

const NAMES: Words = [
  [
    '2135-2',
    'hispanic or latino',
    'hispanic/latino',
    'hispanic',
    'latino',
    'latina',
    'latinx',
    'latine',
    'hispanic or latina',
    'hispanic or latino or spanish origin',
    'spanish/hispanic/latino',
    'hispanic or spanish origin',
    'hispanic origin',
    'of hispanic origin',
    'spaniard',
    'mexican',
    'mexican american',
    'chicano',
    'puerto rican',
    'cuban',
    'dominican',
    'central american',
    'south american',
    'latin american',
    '2137-8',
    '2148-5',
    '2155-0',
    '2165-9',
    '2178-2',
    '2180-8',
    '2182-4',
    '2184-0',
    'h',
  ],
  [
    '2186-5',
    'not hispanic or latino',
    'not hispanic/latino',
    'not hispanic',
    'non hispanic',
    'nonhispanic',
    'non-hispanic or latino',
    'non hispanic/latino',
    'non-hispanic or non-latino',
    'not hispanic or latina',
    'not of hispanic origin',
    'not latino',
    'non latino',
    'nh',
    'n',
  ],
  ['UNK', 'unknown', 'not known', 'u', 'ni', 'no information', 'not provided', 'not reported', 'unreported', 'not recorded'],
  [
    'ASKU',
    'asked but unknown',
    'asked but no answer',
    'declined',
    'declined to answer',
    'declined to specify',
    'decline to answer',
    'patient declined',
    'refused',
    'refused to answer',
    'patient refused',
    'prefer not to answer',
    'prefer not to say',
    'choose not to disclose',
    'chose not to disclose',
  ],
];

/** Answers to the question whether the person is Hispanic. */
const ANSWERS: Words = [
  ['2135-2', 'y', 'yes', 'true', '1'],
  ['2186-5', 'no', 'false', '0'],
];

const words = readWords({ letters: NAMES, 'yes-no': [...NAMES, ...ANSWERS] }, 'ethnicity.unknown_code', ' -,/().&;:_');

/**
 * Ethnicity as OMB counts it, Hispanic or Latino or not, in the codes of the CDC Race and Ethnicity code system that US Core Ethnicity
 * wants: 2135-2, 2186-5, and UNK and ASKU (asked but no answer). H, N and U are those of HL7 table 0189. Origins that OMB counts among
 * Hispanic or Latino are read as that; other nations say nothing about it and are refused. Yes and no are read where `codes` says that
 * the source asked so.
 */
export const ethnicity = readFolded(
  defineStandardizer({
    name: 'ethnicity',
    produces: 'text',
    description: 'Hispanic or Latino, or not: the code of the OMB category in the CDC code system.',
    options: EthnicityOptions,
    findings: ['ethnicity.unknown_code'],
    examples: [
      ['Hispanic or Latino', '2135-2'],
      ['HISPANIC', '2135-2'],
      ['2135-2', '2135-2'],
      ['Puerto Rican', '2135-2'],
      ['2148-5', '2135-2'],
      ['Not Hispanic or Latino', '2186-5'],
      ['nonhispanic', '2186-5'],
      ['Non-Hispanic', '2186-5'],
      ['N', '2186-5'],
      ['U', 'UNK'],
      ['Patient declined', 'ASKU'],
      ['ｈ', '2135-2'],
      ['Yes', finding('ethnicity.unknown_code')],
      ['Irish', finding('ethnicity.unknown_code')],
      ['1', finding('ethnicity.unknown_code')],
    ],
    kernel: ({ codes }) => words.kernel(codes),
    reference: (value, { codes }) => words.reference(value, codes),
  }),
);
