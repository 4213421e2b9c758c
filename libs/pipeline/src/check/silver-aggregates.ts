import type { Entity, Plan } from '@attune/core';
import { identifier, join, sql, textList, type Sql } from '@attune/sql';
import { CONSISTENCY_RULES, type ConsistencyRule } from './consistency-rule.js';

/** One question to silver: one row of whole numbers, named as in `names`. */
export interface Aggregate {
  readonly names: readonly string[];
  readonly statement: Sql;
}

/** Answers by name: `records`, `filled.<field>`, `distinct.<field>`, `judged.<rule>`, `held.<rule>`. */
export type Answers = Readonly<Record<string, number>>;

/**
 * Everything that `check` asks of the result. Few statements, because each is one scan; distinct counts one by one, because each
 * holds a hash table. Fields without a source are not asked for: they are empty.
 */
export function silverAggregates(silver: readonly string[], plan: Plan, entity: Entity): readonly Aggregate[] {
  const from = sql`FROM read_parquet(${textList(silver)})`;
  const mapped = mappedFields(plan, entity);
  const rules = judgeableRules(plan);
  return [
    aggregate(from, [
      ['records', sql`count(*)`],
      ...mapped.map((field): Measure => [`filled.${field}`, sql`count(${identifier(field)})`]),
      ...rules.flatMap((rule): Measure[] => [
        [`judged.${rule.name}`, sql`count(*) FILTER (WHERE ${rule.judged})`],
        [`held.${rule.name}`, sql`count(*) FILTER (WHERE ${rule.judged} AND ${rule.holds(plan)})`],
      ]),
    ]),
    ...mapped.map((field) => aggregate(from, [[`distinct.${field}`, sql`count(DISTINCT ${identifier(field)})`]])),
  ];
}

/** Fields of the entity that have a source, in schema order. */
export function mappedFields(plan: Plan, entity: Entity): readonly string[] {
  return entity.fields.map(({ name }) => name).filter((name) => plan.mapping.fields.some(({ field }) => field === name));
}

/** Rules whose fields all have a source; received text has no types, so nothing can be judged about it. */
export function judgeableRules(plan: Plan): readonly ConsistencyRule[] {
  if (!plan.options.standardize_fields) return [];
  return CONSISTENCY_RULES.filter((rule) => rule.fields.every((name) => plan.mapping.fields.some(({ field }) => field === name)));
}

type Measure = readonly [name: string, value: Sql];

function aggregate(from: Sql, measures: readonly Measure[]): Aggregate {
  const columns = measures.map(([name, value]) => sql`CAST(${value} AS BIGINT) AS ${identifier(name)}`);
  return { names: measures.map(([name]) => name), statement: sql`SELECT ${join(columns)} ${from}` };
}
