import type { Entity } from '@attune/core';
import { headerKey, normalizeHeader } from './normalize-header.js';

/** A name under which sources send a field. A bare text is a name that means the field and nothing else. */
export type Synonym =
  | string
  | {
      readonly name: string;
      /** Below `AUTO_APPLY` the name alone does not decide. */
      readonly confidence: number;
      /** The name is sure enough when other columns stand for all fields of one of these lists. */
      readonly with?: readonly (readonly string[])[];
      /** The name belongs to whatever the table is about, so `with` counts only where no other column speaks of an event. */
      readonly ofTable?: boolean;
    };

/** All we know about the headers of one entity: data of a pack. Words are written as `normalizeHeader` leaves them. */
export interface Synonyms {
  readonly entity: string;
  readonly names: Readonly<Record<string, readonly Synonym[]>>;
  /** Fields that no source column supplies by suggestion. */
  readonly filledLater: readonly string[];
  /** Words that name the entity itself; they say nothing more around a field's name (`patient_first_name`). */
  readonly subject: readonly string[];
  /** Words that choose the main one of several (`home_address`, `legal_last_name`). */
  readonly main: readonly string[];
  /** Words of the second choice, taken only where the main one is absent (`mailing_city`). */
  readonly second: readonly string[];
  /** Fields that make up one place: never taken from different places. */
  readonly place: readonly string[];
  /** Fields whose column may end in `code`, `description` and the like without another meaning. */
  readonly coded: readonly string[];
  /** Words of somebody or something else; a prefix that all columns share is never dropped when it is one of them. */
  readonly others: readonly string[];
  /** Words of events: their table is about the event, and its `id` is the event's. */
  readonly events: readonly string[];
  /** Fields that show that a table is about the entity. */
  readonly evidence: readonly string[];
  /** Fields that other things have as well; without evidence they are not taken. */
  readonly shared: readonly string[];
  /** Headers, whole, of tables about others; without `ownEvidence` nothing is taken from such a table. */
  readonly otherTables: readonly string[];
  readonly ownEvidence: readonly string[];
}

/** What is known of an entity that no pack speaks of: the names of its fields alone. */
export function withoutSynonyms(entity: string): Synonyms {
  return {
    entity,
    names: {},
    filledLater: [],
    subject: [entity],
    main: [],
    second: [],
    place: [],
    coded: [],
    others: [],
    events: [],
    evidence: [],
    shared: [],
    otherTables: [],
    ownEvidence: [],
  };
}

export interface KnownName {
  readonly field: string;
  readonly confidence: number;
  readonly exact: boolean;
  readonly with: readonly (readonly string[])[];
  readonly ofTable: boolean;
}

export const EXACT = 0.99;
export const STRONG = 0.97;

const indexes = new WeakMap<Synonyms, Map<Entity, ReadonlyMap<string, KnownName>>>();

/** Every known name by its key. A field's own name wins; the pack's test keeps synonyms unique. Made once per entity and pack. */
export function indexNames(entity: Entity, synonyms: Synonyms): ReadonlyMap<string, KnownName> {
  let ofPack = indexes.get(synonyms);
  if (ofPack === undefined) indexes.set(synonyms, (ofPack = new Map<Entity, ReadonlyMap<string, KnownName>>()));
  let index = ofPack.get(entity);
  if (index === undefined) ofPack.set(entity, (index = makeIndex(entity, synonyms)));
  return index;
}

function makeIndex(entity: Entity, synonyms: Synonyms): ReadonlyMap<string, KnownName> {
  const index = new Map<string, KnownName>();
  const keyOf = (name: string): string => headerKey(normalizeHeader(name));
  for (const field of entity.fields) {
    if (synonyms.filledLater.includes(field.name)) continue;
    index.set(keyOf(field.name), { field: field.name, confidence: EXACT, exact: true, with: [], ofTable: false });
  }
  for (const [field, names] of Object.entries(synonyms.names)) {
    for (const synonym of names) {
      const full = typeof synonym === 'string' ? { name: synonym, confidence: STRONG } : synonym;
      const key = keyOf(full.name);
      if (index.has(key)) continue;
      index.set(key, { field, confidence: full.confidence, exact: false, with: full.with ?? [], ofTable: full.ofTable ?? false });
    }
  }
  return index;
}
