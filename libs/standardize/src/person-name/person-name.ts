import { z } from 'zod';
import { finding } from '@attune/core';
import { defineStandardizer } from '../define-standardizer.js';
import { personNameKernel } from './person-name-kernel.js';
import { readPersonName } from './person-name-reference.js';

/**
 * Names of people, or parts of names. Mixed case is kept as received: whoever typed it knew how the name is written.
 * A name all in capitals or all in small letters carries no such knowledge and is capitalised: every part after a blank, hyphen
 * or other mark; after an apostrophe behind one letter (O'Neil, but Ka'ahumanu); after Mc (McDonald); after Mac only in the names of a
 * list (MacLeod), because of Macy and Machado. Particles (de, van, von and so on) are small between other words; at the beginning they
 * are capitalised, as Dutch and Spanish spelling want it where no given name precedes. Numbers (II, III, IV, VII, VIII) and titles that
 * are no names (MD, RN, PhD and so on) have fixed forms, other titles capitals (Dr, Jr); VI and DO have none because they are names.
 * Hyphens, apostrophes, full-width letters and combining marks have one form each (see `foldText`), so that O’Neil is O'Neil; in the
 * character set of X12 and HL7 there is no other apostrophe. Nothing that can be seen is ever left out of a name.
 */
export const personName = defineStandardizer({
  name: 'person-name',
  produces: 'text',
  description: 'A name or part of a name; capitals for names written all in one case.',
  options: z.strictObject({}),
  findings: ['text.invisible'],
  examples: [
    ['ANNA  LOVELL', 'Anna Lovell'],
    ['maynard46', 'Maynard46'],
    ["o'neil-smith", "O'Neil-Smith"],
    ['D’ANGELO', "D'Angelo"],
    ['O`neil', "O'neil"],
    ['SMITH–JONES', 'Smith-Jones'],
    ["KA'AHUMANU", "Ka'ahumanu"],
    ['MCDONALD', 'McDonald'],
    ['MACLEOD', 'MacLeod'],
    ['MACHADO', 'Machado'],
    ['DeShawn', 'DeShawn'],
    ['DR ANN LOVELL JR', 'Dr Ann Lovell Jr'],
    ['VINCENT VAN DER BERG', 'Vincent van der Berg'],
    ['MARIA DE LA CRUZ', 'Maria de la Cruz'],
    ['DE LA CRUZ', 'De la Cruz'],
    ['VAN DER BERG', 'Van der Berg'],
    ['NGUYEN VAN', 'Nguyen Van'],
    ['LOVELL III', 'Lovell III'],
    ['jr.', 'Jr.'],
    ['lovell, md', 'Lovell, MD'],
    ['j.r.', 'J.R.'],
    ['ÉRIC ŁUKASZ', 'Éric Łukasz'],
    ['ЩЕРБАКОВА', 'Щербакова'],
    ['ΠΑΠΑΣ', 'Παπας'],
    ['NGUYỄN', 'Nguyễn'],
    ['İBRAHİM', 'İbrahim'],
    ['王小明', '王小明'],
    ['JOSE\u0301', 'José'],
    ['ＪＯＨＮ　ＤＯＥ', 'John Doe'],
    ['\u200fכהן', 'כהן'],
    ['\u200b', finding('text.invisible')],
  ],
  kernel: () => personNameKernel,
  reference: readPersonName,
});
