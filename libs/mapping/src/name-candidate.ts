import { headerKey } from './normalize-header.js';
import type { KnownName, Synonyms } from './synonyms.js';

/** Which place of several a column speaks of. */
export type Choice = 'plain' | 'main' | 'second';

/** What a header alone says about its column. */
export interface NameCandidate {
  readonly field: string;
  readonly confidence: number;
  readonly reason: string;
  /** The known name that was recognised, without the words around it. */
  readonly key: string;
  readonly choice: Choice;
  readonly with: readonly (readonly string[])[];
  readonly ofTable: boolean;
}

/** Words at the end that say in which form the value comes, not what it is. */
const FORM_WORDS = new Set([
  'code',
  'coding',
  'description',
  'text',
  'name',
  'value',
  'source',
  'display',
  'label',
  'abbreviation',
  'ident',
]);

const LEAST_SURE = 0.95;
const AROUND = 0.005;
const GLUED = 0.01;
const TAIL_GUESS = 0.5;
const HEAD_GUESS = 0.4;

interface Core {
  readonly words: readonly string[];
  readonly dropped: number;
  readonly choice: Choice;
}

/** The header without the words that only name the entity or choose among several. Longest first. */
function* cores(words: readonly string[], synonyms: Synonyms, subject: ReadonlySet<string>): Generator<Core> {
  let rest = words;
  let choice: Choice = 'plain';
  yield { words: rest, dropped: 0, choice };
  let dropped = 0;
  while (rest.length > 1) {
    const first = rest[0]!;
    const last = rest[rest.length - 1]!;
    if (subject.has(first)) rest = rest.slice(1);
    else if (synonyms.main.includes(first)) {
      rest = rest.slice(1);
      if (choice === 'plain') choice = 'main';
    } else if (synonyms.second.includes(first)) {
      rest = rest.slice(1);
      choice = 'second';
    } else if (subject.has(last)) rest = rest.slice(0, -1);
    else return;
    dropped += 1;
    yield { words: rest, dropped, choice };
  }
}

function candidate(known: KnownName, key: string, core: Core, penalty: number): NameCandidate {
  const lowered = known.confidence - penalty - (core.choice === 'second' ? AROUND : 0);
  const confidence = known.confidence >= LEAST_SURE ? Math.max(LEAST_SURE, lowered) : lowered;
  const reason = known.exact
    ? 'The header is the name of the field.'
    : known.confidence >= LEAST_SURE
      ? 'The header is a known name of the field.'
      : 'The header may mean the field, but also something else.';
  return { field: known.field, confidence, reason, key, choice: core.choice, with: known.with, ofTable: known.ofTable };
}

/** Without words of form at the end, for fields that are codes: `gender_source_value`, `race_desc`. */
function withoutForm(core: Core, index: ReadonlyMap<string, KnownName>, synonyms: Synonyms): NameCandidate | undefined {
  let rest = core.words;
  let steps = 0;
  while (rest.length > 1 && FORM_WORDS.has(rest[rest.length - 1]!)) {
    // A code needs a table to be read, a description does not: where both are there the description is the better column.
    steps += rest[rest.length - 1] === 'code' ? 2 : 1;
    rest = rest.slice(0, -1);
    const key = headerKey(rest);
    const known = index.get(key);
    if (known !== undefined && synonyms.coded.includes(known.field)) return candidate(known, key, core, (core.dropped + steps) * AROUND);
  }
  return undefined;
}

function glued(core: Core, index: ReadonlyMap<string, KnownName>, subject: ReadonlySet<string>): NameCandidate | undefined {
  if (core.words.length !== 1) return undefined;
  const word = core.words[0]!;
  for (const prefix of [...subject, 'pat', 'mbr', 'mem', 'pt', 'bene']) {
    if (!word.startsWith(prefix) || word.length < prefix.length + 3) continue;
    const key = word.slice(prefix.length);
    const known = index.get(key);
    if (known !== undefined && known.confidence >= LEAST_SURE) return candidate(known, key, core, GLUED);
  }
  return undefined;
}

/** A name we know inside a longer header is worth telling, never worth applying: `provider_first_name`, `state_headquartered`. */
function guess(words: readonly string[], index: ReadonlyMap<string, KnownName>): NameCandidate | undefined {
  const spans: (readonly [readonly string[], number, string])[] = [];
  for (let cut = 1; cut < words.length; cut += 1) {
    spans.push([
      words.slice(cut),
      TAIL_GUESS,
      'The header ends like the field, but the words before may speak of somebody or something else.',
    ]);
    spans.push([words.slice(0, -cut), HEAD_GUESS, 'The header begins like the field, but the words after it may change the meaning.']);
  }
  for (const [span, confidence, reason] of spans) {
    const key = headerKey(span);
    const known = index.get(key);
    if (known !== undefined && known.confidence >= LEAST_SURE) {
      return { field: known.field, confidence, reason, key, choice: 'plain', with: [], ofTable: false };
    }
  }
  return undefined;
}

/** The field that a header names, or the best guess; undefined when the header says nothing we know. */
export function nameCandidate(
  words: readonly string[],
  index: ReadonlyMap<string, KnownName>,
  synonyms: Synonyms,
  subject: ReadonlySet<string>,
): NameCandidate | undefined {
  if (words.length === 0) return undefined;
  const all = [...cores(words, synonyms, subject)];
  for (const core of all) {
    const key = headerKey(core.words);
    const known = index.get(key);
    if (known !== undefined) return candidate(known, key, core, core.dropped === 0 ? 0 : AROUND * (known.exact ? 2 : 1));
    const formed = withoutForm(core, index, synonyms);
    if (formed !== undefined) return formed;
  }
  for (const core of all) {
    const found = glued(core, index, subject);
    if (found !== undefined) return found;
  }
  return guess(words, index);
}
