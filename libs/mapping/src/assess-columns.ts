import type { ColumnProfile, Entity, SampleProfile, SourceColumn } from '@attune/core';
import type { Assessment } from './assessment.js';
import { nameCandidate } from './name-candidate.js';
import { headerKey, normalizeHeader } from './normalize-header.js';
import { checkSample } from './sample-check.js';
import { indexNames, type KnownName, type Synonyms } from './synonyms.js';
import { judgeTable } from './table-context.js';

/** A column whose confidence is below this is carried, never applied. */
export const AUTO_APPLY = 0.95;

export interface MappingQuestion {
  readonly entity: Entity;
  readonly synonyms: Synonyms;
  readonly columns: readonly SourceColumn[];
  readonly profile: SampleProfile;
}

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

/** Every column with its best field, by name, then sample, then the rest of the table. Same order as the columns. */
export function assessColumns({ entity, synonyms, columns, profile }: MappingQuestion): readonly Assessment[] {
  const index = indexNames(entity, synonyms);
  const headers = columns.map((column) => normalizeHeader(column.name));
  const subject = subjectWords(headers, index, synonyms);
  const profiles = new Map<number, ColumnProfile>(profile.columns.map((column) => [column.ordinal, column]));
  const byName = columns.map((column, at): Assessment => {
    const words = headers[at]!;
    const name = nameCandidate(words, index, synonyms, subject);
    const field = name === undefined ? undefined : entity.fields.find((candidate) => candidate.name === name.field);
    if (name === undefined || field === undefined) {
      return { column, words, name: undefined, confidence: 0, fits: true, reasons: ['The header names no field that is known.'] };
    }
    const verdict = checkSample(field, name.confidence, profiles.get(column.ordinal));
    return { column, words, name, confidence: verdict.confidence, fits: verdict.fits, reasons: [name.reason, verdict.reason] };
  });
  return judgeTable(byName, synonyms, AUTO_APPLY);
}
