import { z } from 'zod';

/** Capitals, as the USPS prefers them, or letters as received. */
export const CityOptions = z.strictObject({ letters: z.enum(['upper', 'received']).default('upper') });
export type CityOptions = z.infer<typeof CityOptions>;

/** Beginnings of names of places that the USPS spells out. */
export const SPELLED_OUT: readonly (readonly [abbreviation: string, word: string])[] = [
  ['st', 'Saint'],
  ['ste', 'Sainte'],
  ['ft', 'Fort'],
  ['mt', 'Mount'],
];
