import { z } from 'zod';
import { finding } from '@attune/core';
import { readWords } from '../ascii/words.js';
import { defineStandardizer } from '../define-standardizer.js';
import { readFolded } from '../folding/read-folded.js';
import { RACES } from './races.data.js';

const RaceOptions = z.strictObject({ codes: z.enum(['letters', 'x12', 'cms']).default('letters') });

const words = readWords(RACES, 'race.unknown_code', ' -,/().&;:_');

/**
 * Race as the code of its category: the minimum categories of OMB (Statistical Policy Directive 15, 2024, which has Hispanic or Latino
 * and Middle Eastern or North African among them) in the CDC Race and Ethnicity code system, as US Core Race wants them, with
 * 2131-1 for another race, UNK and ASKU (asked but no answer). Parts of a category that people name (Chinese, Samoan) are read as their
 * category. Letters and digits differ from system to system: `codes` names those of the source; `letters` are the ones on which sources
 * agree. Several races in one value have no code of their own and are refused, as is everything that names no category.
 */
export const race = readFolded(
  defineStandardizer({
    name: 'race',
    produces: 'text',
    description: 'Race: the code of an OMB category in the CDC code system.',
    options: RaceOptions,
    findings: ['race.unknown_code'],
    examples: [
      ['White', '2106-3'],
      ['white, non-hispanic', '2106-3'],
      ['2106-3', '2106-3'],
      ['Black or African American', '2054-5'],
      ['AFRICAN-AMERICAN', '2054-5'],
      ['A', '2028-9'],
      ['Chinese', '2028-9'],
      ['2034-7', '2028-9'],
      ['American Indian/Alaska Native', '1002-5'],
      ['hawaiian', '2076-8'],
      ['Middle Eastern', '2118-8'],
      ['Hispanic', '2135-2'],
      ['other', '2131-1'],
      ['unknown', 'UNK'],
      ['Declined to answer', 'ASKU'],
      ['ＷＨＩＴＥ', '2106-3'],
      ['1', finding('race.unknown_code')],
      ['O', finding('race.unknown_code')],
      ['White;Asian', finding('race.unknown_code')],
      ['two or more races', finding('race.unknown_code')],
      ['2106-4', finding('race.unknown_code')],
    ],
    kernel: ({ codes }) => words.kernel(codes),
    reference: (value, { codes }) => words.reference(value, codes),
  }),
);
