import { entities, findEntity, type Entity } from '@attune/core';
import { headerKey, normalizeHeader, suggestMapping, type Synonym, type Synonyms } from '@attune/mapping';
import { findSynonyms, packs } from './registry.js';

const nameOf = (synonym: Synonym): string => (typeof synonym === 'string' ? synonym : synonym.name);
const keyOf = (name: string): string => headerKey(normalizeHeader(name));
const all = entities.map(({ name }) => [name, findEntity(name) as Entity, findSynonyms(name) as Synonyms] as const);

test('every entity belongs to exactly one pack, which knows how sources call its fields', () => {
  expect(packs.flatMap((pack) => pack.entities).sort()).toEqual(entities.map(({ name }) => name).sort());
  expect(packs.flatMap((pack) => pack.synonyms.map(({ entity }) => entity)).sort()).toEqual(entities.map(({ name }) => name).sort());
  for (const pack of packs) expect(pack.synonyms.map(({ entity }) => entity)).toEqual(pack.entities);
});

describe.each(all)('%s', (_, entity, synonyms) => {
  test('every list names fields that the entity has', () => {
    const known = new Set(entity.fields.map(({ name }) => name));
    const { names, place, coded, evidence, shared, ownEvidence, filledLater } = synonyms;
    const withs = Object.values(names).flatMap((list) =>
      list.flatMap((synonym) => (typeof synonym === 'string' ? [] : (synonym.with ?? []).flat())),
    );
    const named = [...Object.keys(names), ...place, ...coded, ...evidence, ...shared, ...ownEvidence, ...filledLater, ...withs];
    expect(named.filter((field) => !known.has(field))).toEqual([]);
  });

  test('no name stands for two fields, or is the name of another field', () => {
    const owners = new Map(
      entity.fields.filter(({ name }) => !synonyms.filledLater.includes(name)).map(({ name }) => [keyOf(name), name] as const),
    );
    const clashes: string[] = [];
    for (const [field, list] of Object.entries(synonyms.names)) {
      for (const synonym of list) {
        const owner = owners.get(keyOf(nameOf(synonym)));
        if (owner !== undefined && owner !== field) clashes.push(`${nameOf(synonym)}: ${owner}, ${field}`);
        owners.set(keyOf(nameOf(synonym)), field);
      }
    }
    expect(clashes).toEqual([]);
  });

  test('a table of its own field names is mapped whole, each column to itself', () => {
    const columns = entity.fields
      .filter(({ name }) => !synonyms.filledLater.includes(name))
      .map(({ name }, ordinal) => ({ ordinal, name }));
    const { fields, carried } = suggestMapping({ entity, synonyms, columns, profile: { records: 0, columns: [] } });
    expect(fields.filter(({ field, from }) => from[0]!.name !== field)).toEqual([]);
    expect(carried).toEqual([]);
  });
});
