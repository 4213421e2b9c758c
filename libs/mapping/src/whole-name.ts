import type { Entity, FieldMapping, SampleProfile } from '@attune/core';
import type { Assessment } from './assessment.js';
import { headerKey } from './normalize-header.js';
import { valuesOf } from './sample-check.js';
import type { Synonyms } from './synonyms.js';

/** Headers of a person's whole name, without the words for the person. */
const WHOLE_NAMES: ReadonlySet<string> = new Set([
  'name',
  'fullname',
  'wholename',
  'namelastfirst',
  'lastfirst',
  'lastfirstname',
  'lastnamefirstname',
]);
const LEAST_SHARE = 0.98;
const FEWEST = 5;
const CONFIDENCE = 0.955;

const wholeName = ({ words }: Assessment, synonyms: Synonyms): boolean => {
  const own = words.filter((word) => !synonyms.subject.includes(word));
  return own.length > 0 && WHOLE_NAMES.has(headerKey(own));
};

/**
 * First and last name out of one column, only where nearly every value is written `Last, First`: then both parts are sure.
 * `First Last` is not: which of two words is the family name differs from source to source, and middle names hide in both.
 */
export function splitWholeName(
  all: readonly Assessment[],
  mapped: readonly FieldMapping[],
  { entity, synonyms, profile }: { readonly entity: Entity; readonly synonyms: Synonyms; readonly profile: SampleProfile },
): readonly FieldMapping[] {
  const parts = (['first_name', 'last_name'] as const).map((name) => entity.fields.find((field) => field.name === name));
  if (parts.some((field) => field === undefined || mapped.some((mapping) => mapping.field === field.name))) return [];
  if (!mapped.some(({ field }) => synonyms.ownEvidence.includes(field))) return [];
  const columns = all.filter((assessment) => wholeName(assessment, synonyms));
  const [only, ...more] = columns;
  if (only === undefined || more.length > 0) return [];
  const sample = profile.columns.find(({ ordinal }) => ordinal === only.column.ordinal);
  const values = valuesOf(sample);
  const cut = sample?.shapes?.['last_comma_first'] ?? 0;
  if (values < FEWEST || cut < values * LEAST_SHARE) return [];
  const reasons = ['The header is a known name of a whole name.', `${cut} of ${values} values of the sample are written "Last, First".`];
  return parts.map((field) => ({
    field: field!.name,
    from: [only.column],
    part: { separator: ',', at: field!.name === 'last_name' ? 0 : 1 },
    standardizer: field!.standardizer,
    options: {},
    confidence: CONFIDENCE,
    reasons,
  }));
}
