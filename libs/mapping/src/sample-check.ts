import type { ColumnProfile, Field, ValueShape } from '@attune/core';

/** What the sample says about a column that may be a field. */
export interface SampleVerdict {
  readonly confidence: number;
  /** False: the sample speaks against the field, and no other evidence may lift it again. */
  readonly fits: boolean;
  readonly reason: string;
  /** True: nearly all values have the form of the field and of little else, so that the values speak for the name. */
  readonly supports?: boolean;
}

const LEAST_SHARE = 0.9;
/** A sample so small has no tenth: one value that does not fit is an accident there. */
const SMALL_SAMPLE = 10;
const MOST_FOREIGN = 0.5;
/** Highest confidence of what the sample speaks against. */
const DOUBT = 0.94;
const SURE_SHARE = 0.95;
const SHORT_VALUES = 10;
const SHORT = 2;

/** Standardizers that little else fits, the most telling first: their values tell what a column is, whatever its name. */
const TELLING = ['email', 'npi', 'date', 'sex', 'us-state', 'phone', 'ssn', 'postal-code'] as const;
/** A checksum or a form that chance does not produce: enough to make a name that is nearly sure sure. */
const UNMISTAKABLE: ReadonlySet<string> = new Set(['email', 'npi']);

/** Names of people, places and things are words. Codes of race, language and the like may well be numbers. */
const WORDED = /(?:^|_)(?:name|city|county|address|description)$|^name_suffix$|^address_2$/;
/** What a word is not, though its column says so. */
const NO_WORD: readonly ValueShape[] = ['digits', 'number', 'date', 'uuid', 'email'];
const NO_TEXT: readonly ValueShape[] = ['date', 'uuid', 'email'];
const NO_IDENTIFIER: readonly ValueShape[] = ['date', 'email', 'two_words', 'words', 'last_comma_first', 'text'];
/** Answers come in every form, and so do notes; a payer, a plan or an organization is named by its name or by its number. */
const ANYTHING = /^(?:result|value|note|payer|plan|organization$)|_payer$/;

/** What no system gives to a thing as its number. */
const NO_KEY: ReadonlySet<string> = new Set(['sex', 'us-state']);

const PERSON_NAME = /(?:^|_)(?:first|middle|last)_name$/;
const LONG = /(?:^|_)(?:first_name|last_name|address|city|county|description)$/;

/** Orders in which dates are counted; a timestamp may be a date alone. */
const DATES = ['date:mdy', 'date:dmy', 'timestamp', 'timestamp:mdy', 'timestamp:dmy'] as const;

/** Values of the sample that the standardizer takes; for dates the best of the orders. Undefined: it was not counted. */
export function fitsOf({ fits }: ColumnProfile, standardizer: string): number | undefined {
  if (standardizer !== 'date' && standardizer !== 'timestamp') return fits[standardizer];
  let most = fits[standardizer];
  for (const name of DATES) {
    const count = standardizer === 'date' && !name.startsWith('date') ? undefined : fits[name];
    if (count !== undefined && (most === undefined || count > most)) most = count;
  }
  return most;
}

export const valuesOf = (profile: ColumnProfile | undefined): number =>
  profile === undefined ? 0 : Math.max(0, profile.records - profile.nulls);

/** The most telling standardizer that nearly all values fit; undefined where the values tell nothing. */
export function looksLike(profile: ColumnProfile): string | undefined {
  const values = valuesOf(profile);
  return values === 0 ? undefined : TELLING.find((name) => (fitsOf(profile, name) ?? 0) >= values * SURE_SHARE);
}

const doubted = (confidence: number, share: number): number => Math.round(Math.min(confidence, DOUBT) * share * 1000) / 1000;

const counted = (profile: ColumnProfile, shapes: readonly ValueShape[]): number =>
  shapes.reduce((sum, shape) => sum + (profile.shapes?.[shape] ?? 0), 0);

interface Objection {
  /** Share of the values that may still be the field. */
  readonly share: number;
  readonly reason: string;
}

/** Values that have another form than the field: dates, numbers, e-mail addresses. */
function foreignForm(field: Field, profile: ColumnProfile, values: number): Objection | undefined {
  const worded = WORDED.test(field.name);
  const refused = worded ? NO_WORD : field.standardizer === 'identifier' ? NO_IDENTIFIER : NO_TEXT;
  const numbers = worded && profile.shapes === undefined ? (fitsOf(profile, 'decimal') ?? 0) : 0;
  const foreign = Math.max(numbers, counted(profile, refused));
  if (foreign <= values * MOST_FOREIGN) return undefined;
  const form = refused.toSorted((a, b) => counted(profile, [b]) - counted(profile, [a]))[0]!;
  const shown = numbers > 0 || form === 'digits' || form === 'number' ? 'numbers' : `of the form "${form}"`;
  return { share: 1 - foreign / values, reason: `${foreign} of ${values} values of the sample are ${shown}.` };
}

/** Values that are words, but not words of this field: too short, or those of a state or a sex. */
function foreignWords(field: Field, profile: ColumnProfile, values: number): Objection | undefined {
  if (LONG.test(field.name) && values >= SHORT_VALUES && profile.max_length <= SHORT)
    return { share: 0.5, reason: `No value of the sample is longer than ${profile.max_length} characters.` };
  const other = values >= SHORT_VALUES ? looksLike(profile) : undefined;
  const foreign = PERSON_NAME.test(field.name) || (field.standardizer === 'identifier' && other !== undefined && NO_KEY.has(other));
  return other === undefined || !foreign ? undefined : { share: 0.5, reason: `The values of the sample fit ${other}.` };
}

const doubtful = (confidence: number, { share, reason }: Objection): SampleVerdict => ({
  confidence: doubted(confidence, share),
  fits: false,
  reason,
});

function mostlyFits(taken: number, values: number): boolean {
  return taken >= values * LEAST_SHARE || (values < SMALL_SAMPLE && taken >= 2 && values - taken <= 1);
}

/** Whether the values have the form of the field: counts only, never a value. */
export function checkSample(field: Field, confidence: number, profile: ColumnProfile | undefined): SampleVerdict {
  const values = valuesOf(profile);
  if (profile === undefined || values === 0)
    return { confidence, fits: true, reason: 'The sample holds no value: the name alone decides.' };
  const taken = fitsOf(profile, field.standardizer);
  if (taken !== undefined && !mostlyFits(taken, values)) {
    const reason = `Only ${taken} of ${values} values of the sample fit ${field.standardizer}.`;
    return doubtful(confidence, { share: taken / values, reason });
  }
  const free = field.type === 'text' && !ANYTHING.test(field.name) && (taken === undefined || field.standardizer === 'identifier');
  const objection = free ? (foreignForm(field, profile, values) ?? foreignWords(field, profile, values)) : undefined;
  if (objection !== undefined) return doubtful(confidence, objection);
  if (taken === undefined) return { confidence, fits: true, reason: `The ${values} values of the sample do not speak against it.` };
  const supports = UNMISTAKABLE.has(field.standardizer) && taken >= values * SURE_SHARE;
  return { confidence, fits: true, supports, reason: `${taken} of ${values} values of the sample fit ${field.standardizer}.` };
}
