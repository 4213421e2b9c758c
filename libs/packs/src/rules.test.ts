import { entities, type ValueType } from '@attune/core';
import { readRule, RuleSet } from '@attune/rules';
import { sql } from '@attune/sql';
import { findRules, packs } from './registry.js';

test('rules are about entities of their pack, and each has an id of its own', () => {
  for (const pack of packs) expect(Object.keys(pack.rules).filter((entity) => !pack.entities.includes(entity))).toEqual([]);
  const ids = packs.flatMap((pack) => Object.values(pack.rules).flatMap((rules) => rules.map(({ id }) => id)));
  expect(ids.filter((id, i) => ids.indexOf(id) !== i)).toEqual([]);
});

describe.each(entities.map((entity) => [entity.name, entity] as const))('%s', (name, entity) => {
  const rules = findRules(name);
  const types = new Map<string, ValueType>(entity.fields.map((field) => [field.name, field.type]));

  test('has rules, and every one is a rule as a caller may write it', () => {
    expect(rules.length).toBeGreaterThan(1);
    expect(RuleSet.safeParse({ entity: name, rules }).error).toBeUndefined();
  });

  test('every rule names fields of the entity, of types that it can judge', () => {
    const context = { silver: sql`silver`, types, receivedAt: '2026-01-01T00:00:00Z' };
    const unfit = rules.map(readRule).flatMap((rule) => {
      const check = rule.compile(context);
      return check.scope === 'none' ? [`${rule.id}: ${check.reason}`] : [];
    });
    expect(unfit).toEqual([]);
  });
});
