import type { ColumnProfile, Entity, SampleProfile, SourceColumn } from '@attune/core';
import type { Assessment } from './assessment.js';
import { nameCandidate } from './name-candidate.js';
import { headerKey, normalizeHeader } from './normalize-header.js';
import { checkSample, looksLike, valuesOf } from './sample-check.js';
import { indexNames, type KnownName, type Synonyms } from './synonyms.js';
import { judgeTable } from './table-context.js';

/** A column whose confidence is below this is carried, never applied. */
export const AUTO_APPLY = 0.95;

export interface MappingQuestion {
  readonly entity: Entity;
  readonly synonyms: Synonyms;
  readonly columns: readonly SourceColumn[];
  readonly profile: SampleProfile;
  /** Words of the headers, where somebody has them already; same order as the columns. */
  readonly headers?: readonly (readonly string[])[];
}

export const wordsOf = (columns: readonly SourceColumn[]): readonly (readonly string[])[] =>
  columns.map(({ name }) => normalizeHeader(name));

const COMMON_PREFIX_COLUMNS = 4;
const COMMON_PREFIX_SHARE = 0.8;

/**
 * Words that name the entity here: those of the pack, and a prefix that nearly all columns share (`x_`, `t1.`), provided that
 * without it they speak of the entity itself: `prvdr_first_name` and `rx_name` share prefixes too.
 */
function subjectWords(
  headers: readonly (readonly string[])[],
  index: ReadonlyMap<string, KnownName>,
  synonyms: Synonyms,
): ReadonlySet<string> {
  const subject = new Set(synonyms.subject);
  const counts = new Map<string, number>();
  for (const words of headers) {
    const first = words[0];
    if (words.length > 1 && first !== undefined) counts.set(first, (counts.get(first) ?? 0) + 1);
  }
  for (const [word, count] of counts) {
    if (count < COMMON_PREFIX_COLUMNS || count < headers.length * COMMON_PREFIX_SHARE) continue;
    if (synonyms.others.includes(word) || synonyms.events.includes(word)) continue;
    const named = headers.filter((words) => words[0] === word).map((words) => index.get(headerKey(words.slice(1))));
    if (named.some((known) => known !== undefined && known.confidence >= AUTO_APPLY && synonyms.ownEvidence.includes(known.field)))
      subject.add(word);
  }
  return subject;
}

/** What the values alone look like, told where the header says nothing; never enough to apply. */
const BY_VALUES_ALONE = 0.3;

function unnamed(column: SourceColumn, words: readonly string[], entity: Entity, profile: ColumnProfile | undefined): Assessment {
  const empty = valuesOf(profile) === 0;
  const reason = 'The header names no field that is known.';
  const likely = profile === undefined ? undefined : looksLike(profile);
  const fields = entity.fields.filter(({ standardizer }) => standardizer === likely);
  const [field, ...others] = fields;
  if (likely === undefined || field === undefined || others.length > 0)
    return { column, words, name: undefined, confidence: 0, fits: true, empty, supported: false, reasons: [reason] };
  const name = { field: field.name, confidence: BY_VALUES_ALONE, reason, key: '', choice: 'plain', with: [], ofTable: false } as const;
  const reasons = [reason, `The values fit ${likely}, but whose they are the header does not say.`];
  return { column, words, name, confidence: BY_VALUES_ALONE, fits: true, empty, supported: false, reasons };
}

/** Every column with its best field, by name, then sample, then the rest of the table. Same order as the columns. */
export function assessColumns({ entity, synonyms, columns, profile, headers = wordsOf(columns) }: MappingQuestion): readonly Assessment[] {
  const index = indexNames(entity, synonyms);
  const fields = new Map(entity.fields.map((field) => [field.name, field]));
  const subject = subjectWords(headers, index, synonyms);
  const profiles = new Map<number, ColumnProfile>(profile.columns.map((column) => [column.ordinal, column]));
  const byName = columns.map((column, at): Assessment => {
    const words = headers[at]!;
    const sample = profiles.get(column.ordinal);
    const name = nameCandidate(words, index, synonyms, subject);
    const field = name === undefined ? undefined : fields.get(name.field);
    if (name === undefined || field === undefined) return unnamed(column, words, entity, sample);
    const other = sample === undefined ? undefined : looksLike(sample);
    const { confidence, fits, reason, supports } = checkSample(field, name.confidence, sample);
    return {
      column,
      words,
      name,
      confidence,
      fits,
      empty: valuesOf(sample) === 0,
      supported: supports === true,
      standardizer: field.standardizer,
      ...(other === undefined ? {} : { looksLike: other }),
      reasons: [name.reason, reason],
    };
  });
  return judgeTable(byName, synonyms, AUTO_APPLY);
}
