import type { ColumnProfile, Field } from '@attune/core';

/** What the sample says about a column that may be a field. */
export interface SampleVerdict {
  readonly confidence: number;
  /** False: the sample speaks against the field, and no other evidence may lift it again. */
  readonly fits: boolean;
  readonly reason: string;
}

/** Standardizers that refuse what is not theirs; the others take nearly any text. */
const TYPED: ReadonlySet<string> = new Set([
  'date',
  'sex',
  'phone',
  'email',
  'us-state',
  'postal-code',
  'ssn',
  'boolean',
  'decimal',
  'identifier',
  'integer',
  'money',
]);

/** Names of persons and places are no numbers. Coded fields (race, language …) may well be. */
const WORDED: ReadonlySet<string> = new Set([
  'first_name',
  'middle_name',
  'last_name',
  'name_suffix',
  'prior_last_name',
  'address',
  'city',
  'county',
]);

const LEAST_SHARE = 0.9;
const MOST_NUMBERS = 0.5;
/** Highest confidence of what the sample speaks against. */
const DOUBT = 0.94;

/** Values of the sample that the standardizer takes; for dates the best of the orders. Undefined: it was not counted. */
export function fitsOf(profile: ColumnProfile, standardizer: string): number | undefined {
  const counts = Object.entries(profile.fits)
    .filter(([name]) => name === standardizer || name.startsWith(`${standardizer}:`))
    .map(([, count]) => count);
  return counts.length === 0 ? undefined : Math.max(...counts);
}

const doubted = (confidence: number, share: number): number => Math.round(Math.min(confidence, DOUBT) * share * 1000) / 1000;

/** Corrects the confidence of a name by the values of the sample: counts only, never a value. */
export function checkSample(field: Field, confidence: number, profile: ColumnProfile | undefined): SampleVerdict {
  const values = profile === undefined ? 0 : profile.records - profile.nulls;
  if (profile === undefined || values <= 0) return { confidence, fits: true, reason: 'The sample holds no value: the name alone decides.' };
  if (TYPED.has(field.standardizer)) {
    const taken = fitsOf(profile, field.standardizer);
    if (taken === undefined)
      return { confidence, fits: true, reason: `The sample was not tried with ${field.standardizer}: the name alone decides.` };
    if (taken < values * LEAST_SHARE) {
      return {
        confidence: doubted(confidence, taken / values),
        fits: false,
        reason: `Only ${taken} of ${values} values of the sample fit ${field.standardizer}.`,
      };
    }
    return { confidence, fits: true, reason: `${taken} of ${values} values of the sample fit ${field.standardizer}.` };
  }
  const numbers = WORDED.has(field.name) ? (fitsOf(profile, 'decimal') ?? 0) : 0;
  if (numbers > values * MOST_NUMBERS) {
    return {
      confidence: doubted(confidence, 1 - numbers / values),
      fits: false,
      reason: `${numbers} of ${values} values of the sample are numbers.`,
    };
  }
  return { confidence, fits: true, reason: `The ${values} values of the sample do not speak against it.` };
}
