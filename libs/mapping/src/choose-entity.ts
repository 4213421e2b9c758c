import type { Entity, Mapping, SampleProfile, SourceColumn } from '@attune/core';
import { wordsOf, type MappingQuestion } from './assess-columns.js';
import { headerKey, normalizeHeader } from './normalize-header.js';
import { valuesOf } from './sample-check.js';
import { suggest, type Suggestion } from './suggest-mapping.js';
import type { Synonyms } from './synonyms.js';

/** An entity that a table may be about, with what is known of its headers. */
export interface EntityCandidate {
  readonly entity: Entity;
  readonly synonyms: Synonyms;
}

export interface EntityQuestion {
  /** In the order of the registry, which decides between equals. */
  readonly candidates: readonly EntityCandidate[];
  readonly columns: readonly SourceColumn[];
  readonly profile: SampleProfile;
  /** Name of the file as received; its words speak for an entity. */
  readonly fileName?: string;
}

export interface EntityScore {
  readonly entity: string;
  readonly score: number;
  /** Columns that the entity explains. */
  readonly columns: number;
}

export interface EntityChoice {
  readonly suggestion: Suggestion;
  readonly question: MappingQuestion;
  /** False: others explain the table as well, and only what they agree on is applied. */
  readonly clear: boolean;
  readonly reasons: readonly string[];
  /** Best first. */
  readonly scores: readonly EntityScore[];
}

const DEFAULT_ENTITY = 'person';
/** What an explained column weighs for any entity, and what it weighs more where no other entity explains it. */
const ANY_COLUMN = 0.2;
const OWN_COLUMN = 0.8;
const ESSENTIAL = 1.5;
const OWN_KEY = 1.5;
const FILE_NAME = 2;
/** Share of the score that missing essential fields can take away. */
const INCOMPLETE = 0.5;
const CLEAR_LEAD = 0.75;
const CLEAR_SHARE = 0.1;
/** What is left of a person's score in a table whose records are something that happens to persons. */
const ATTRIBUTES_ONLY = 0.5;
const OWN_ESSENTIALS = 2;
const KEY_SHARE = 0.97;
const REPEATED_SHARE = 0.5;
const FEWEST_KEYS = 20;

interface Judged extends EntityCandidate {
  readonly suggestion: Suggestion;
  readonly question: MappingQuestion;
  readonly score: number;
  readonly columns: number;
}

/** How many entities explain each column. */
function explainedBy(all: readonly Suggestion[]): ReadonlyMap<number, number> {
  const counts = new Map<number, number>();
  for (const { mapping } of all) {
    const ordinals = new Set(mapping.fields.flatMap(({ from }) => from.map(({ ordinal }) => ordinal)));
    for (const ordinal of ordinals) counts.set(ordinal, (counts.get(ordinal) ?? 0) + 1);
  }
  return counts;
}

/** A key of its own that is different in every record says what the table lists; one that comes again says that it does not. */
function keyWeight({ entity, suggestion, profile }: { entity: Entity; suggestion: Suggestion; profile: SampleProfile }): number {
  const key = suggestion.mapping.fields.find(
    ({ field }) => field === `${entity.name}_id` || (entity.name === 'person' && field === 'patient_id'),
  );
  const sample = profile.columns.find(({ ordinal }) => ordinal === key?.from[0]?.ordinal);
  const values = valuesOf(sample);
  if (key === undefined || sample?.distinct === undefined || values < FEWEST_KEYS) return 0;
  const share = sample.distinct / values;
  return share >= KEY_SHARE ? OWN_KEY : share < REPEATED_SHARE ? -OWN_KEY : 0;
}

const columnsOfFields = ({ mapping }: Suggestion, only?: ReadonlySet<string>): ReadonlySet<number> =>
  new Set(mapping.fields.filter(({ field }) => only?.has(field) ?? true).flatMap(({ from }) => from.map(({ ordinal }) => ordinal)));

const essentialsOf = ({ fields }: Entity): ReadonlySet<string> =>
  new Set(fields.filter(({ essential }) => essential === true).map(({ name }) => name));

/**
 * Enrollments, claims and visits repeat the person they belong to in every record; a list of persons does not repeat an enrollment.
 * So a person comes second where another entity has essential fields of its own in the table.
 */
function isAttribute(person: Suggestion, others: readonly (EntityCandidate & { readonly suggestion: Suggestion })[]): boolean {
  const explained = columnsOfFields(person);
  return others.some(({ entity, suggestion }) => {
    const own = [...columnsOfFields(suggestion, essentialsOf(entity))].filter((ordinal) => !explained.has(ordinal));
    return own.length >= OWN_ESSENTIALS;
  });
}

const singular = (word: string): string => (word.endsWith('s') && !word.endsWith('ss') ? word.slice(0, -1) : word);

/** The file is called after the entity, as `conditions.csv` or `claim_lines_2024.txt` are. */
function namedAfter({ entity, synonyms }: EntityCandidate, fileName: string | undefined): boolean {
  if (fileName === undefined) return false;
  const words = normalizeHeader(fileName.replace(/\.\w{1,8}(?:\.(?:gz|zst|zip))?$/i, '')).map(singular);
  const wanted = [entity.name, entity.plural].map((name) => normalizeHeader(name).map(singular));
  const own = synonyms.subject.filter((word) => word.length > 3).map((word) => [word]);
  const has = (name: readonly string[]): boolean => words.some((_, at) => name.every((word, i) => words[at + i] === word));
  return [...wanted, ...own].some((name) => name.length > 0 && has(name));
}

function scoreOf(
  candidate: EntityCandidate,
  suggestion: Suggestion,
  shared: ReadonlyMap<number, number>,
  question: EntityQuestion,
): number {
  const { entity } = candidate;
  const essential = essentialsOf(entity);
  let score = 0;
  for (const { field, from } of suggestion.mapping.fields) {
    const others = Math.max(1, ...from.map(({ ordinal }) => shared.get(ordinal) ?? 1));
    score += (ANY_COLUMN + OWN_COLUMN / others) * (essential.has(field) ? ESSENTIAL : 1);
  }
  if (score === 0) return 0;
  const found = suggestion.mapping.fields.filter(({ field }) => essential.has(field)).length;
  const whole = essential.size === 0 ? 1 : found / essential.size;
  score *= 1 - INCOMPLETE * (1 - whole);
  score += keyWeight({ entity, suggestion, profile: question.profile });
  if (namedAfter(candidate, question.fileName)) score += FILE_NAME;
  return Math.max(0, Math.round(score * 1000) / 1000);
}

function judge(question: EntityQuestion): readonly Judged[] {
  const { columns, profile, candidates } = question;
  const headers = wordsOf(columns);
  const asked = candidates.map((candidate) => ({ ...candidate, question: { ...candidate, columns, profile, headers } }));
  const suggestions = asked.map((candidate) => suggest(candidate.question));
  const shared = explainedBy(suggestions);
  const others = asked.flatMap((candidate, at) =>
    candidate.entity.name === DEFAULT_ENTITY ? [] : [{ ...candidate, suggestion: suggestions[at]! }],
  );
  const judged = asked.map((candidate, at): Judged => {
    const suggestion = suggestions[at]!;
    const share = candidate.entity.name === DEFAULT_ENTITY && isAttribute(suggestion, others) ? ATTRIBUTES_ONLY : 1;
    const explained = columns.length - suggestion.mapping.carried.length;
    return { ...candidate, suggestion, score: share * scoreOf(candidate, suggestion, shared, question), columns: explained };
  });
  // The sort is stable: equals stay in the order of the registry.
  return judged.toSorted((a, b) => b.score - a.score);
}

const title = (entity: string): string => `"${entity}"`;

/** Only what every one of the tied entities says of a column is applied; the rest is carried with the reason. */
function agreed(best: Judged, tied: readonly Judged[]): Suggestion {
  const says = ({ suggestion }: Judged, field: Mapping['fields'][number]): boolean =>
    suggestion.mapping.fields.some(
      (other) =>
        other.field === field.field &&
        headerKey(other.from.map(({ ordinal }) => `${ordinal}`)) === headerKey(field.from.map(({ ordinal }) => `${ordinal}`)),
    );
  const { mapping, unsure } = best.suggestion;
  const fields = mapping.fields.filter((field) => tied.every((other) => says(other, field)));
  const used = new Set(fields.flatMap(({ from }) => from.map(({ ordinal }) => ordinal)));
  const doubt = `It is not clear whether a record of the table is ${[best, ...tied].map(({ entity }) => title(entity.name)).join(' or ')}.`;
  const left = mapping.fields
    .filter((field) => !fields.includes(field))
    .flatMap(({ field, from, confidence, reasons }) =>
      from.map((column) => ({ column, field, confidence: Math.min(confidence, UNCLEAR), reasons: [...reasons, doubt] })),
    );
  const all = [...unsure, ...left.filter(({ column }, at) => left.findIndex((other) => other.column.ordinal === column.ordinal) === at)];
  const rest = all.filter(({ column }) => !used.has(column.ordinal)).toSorted((a, b) => a.column.ordinal - b.column.ordinal);
  return { mapping: { ...mapping, fields, carried: rest.map(({ column }) => column) }, unsure: rest };
}

const UNCLEAR = 0.9;

/**
 * The entity that the table is about, and its mapping: each entity is scored by the columns it explains (more where no other does),
 * its essential fields, its own key and the name of the file. The same question has the same answer.
 */
export function chooseEntity(question: EntityQuestion): EntityChoice {
  const judged = judge(question);
  const scores = judged.map(({ entity, score, columns }) => ({ entity: entity.name, score, columns }));
  const first = judged[0]!;
  if (first.score === 0) {
    const fallback = judged.find(({ entity }) => entity.name === DEFAULT_ENTITY) ?? first;
    const reasons = [`No entity explains a column; ${title(fallback.entity.name)} is taken where nothing speaks for another.`];
    return { suggestion: withReasons(fallback.suggestion, reasons), question: fallback.question, clear: false, reasons, scores };
  }
  const lead = Math.max(CLEAR_LEAD, first.score * CLEAR_SHARE);
  const rivals = judged.filter((other) => other !== first && other.score > 0 && first.score - other.score < lead);
  const best = [first, ...rivals].find(({ entity }) => entity.name === DEFAULT_ENTITY) ?? first;
  const tied = [first, ...rivals].filter((other) => other !== best);
  const reasons = reasonsOf(best, tied, question);
  const suggestion = tied.length === 0 ? best.suggestion : agreed(best, tied);
  return { suggestion: withReasons(suggestion, reasons), question: best.question, clear: tied.length === 0, reasons, scores };
}

function reasonsOf(best: Judged, tied: readonly Judged[], question: EntityQuestion): string[] {
  const named = namedAfter(best, question.fileName) ? ', and the file is named after it' : '';
  const explained = `${title(best.entity.name)} explains ${best.columns} of ${question.columns.length} columns${named}.`;
  if (tied.length === 0) return [explained];
  return [
    explained,
    `${tied.map(({ entity }) => title(entity.name)).join(' and ')} would explain the table as well; only what they agree on is applied.`,
  ];
}

const withReasons = (suggestion: Suggestion, reasons: readonly string[]): Suggestion => ({
  ...suggestion,
  mapping: { ...suggestion.mapping, reasons: [...reasons] },
});
