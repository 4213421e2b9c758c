import type { Entity, Plan } from '@attune/core';
import { fieldMeasures } from '@attune/rules';
import { join, identifier, sql, textList, type Sql } from '@attune/sql';
import type { JobRule } from './rules-of-job.js';

/** One question to silver: one row of numbers, named as in `names`. */
export interface Aggregate {
  readonly names: readonly string[];
  readonly statement: Sql;
}

/**
 * Answers by name: `records`; `<measure>.<field>` for the measures of a field; `judged.<rule>` and `failed.<rule>` for a rule over
 * records; `<measure>@<rule>` for one over the dataset.
 */
export type Answers = Readonly<Record<string, number>>;

/** Conditions in one scan: more would make one statement too large to plan. */
const RULES_PER_SCAN = 64;

/** So few records are asked everything at once: preparing a statement takes longer than looking at them. */
const FEW_RECORDS = 20_000;
const MEASURES_AT_ONCE = 128;

/**
 * Everything that `check` asks of the result, which has so many records. Few statements, because each is one scan; fields of many records one
 * by one, because each distinct count holds a hash table. Fields without a source are not asked for: they are empty.
 */
export function silverAggregates(
  silver: readonly string[],
  records: number,
  { plan, entity, rules }: { readonly plan: Plan; readonly entity: Entity; readonly rules: readonly JobRule[] },
): readonly Aggregate[] {
  const from = sql`FROM read_parquet(${textList(silver)})`;
  const scans: readonly (readonly Measure[])[] = [
    [['records', sql`count(*)`]],
    ...mappedFields(plan, entity).map((field) => measuresOf(field, plan, entity)),
    ...inGroups(rules.flatMap(judgements), 2 * RULES_PER_SCAN),
    ...rules.flatMap(({ rule, check }) =>
      check.scope === 'dataset' ? [Object.entries(check.measures).map(([name, value]): Measure => [`${name}@${rule.id}`, value])] : [],
    ),
  ];
  return (records <= FEW_RECORDS ? inGroups(scans.flat(), MEASURES_AT_ONCE) : scans).map((measures) => aggregate(from, measures));
}

/** Fields of the entity that have a source, in schema order. */
export function mappedFields(plan: Plan, entity: Entity): readonly string[] {
  return entity.fields.map(({ name }) => name).filter((name) => plan.mapping.fields.some(({ field }) => field === name));
}

type Measure = readonly [name: string, value: Sql];

/** Received text has no mean. */
function measuresOf(field: string, plan: Plan, entity: Entity): readonly Measure[] {
  const type = plan.options.standardize_fields ? entity.fields.find(({ name }) => name === field)!.type : 'text';
  const measures = Object.entries(fieldMeasures(field, type)).filter(([name]) => name !== 'records');
  return measures.map(([name, value]): Measure => [`${name}.${field}`, value]);
}

function judgements({ rule, check }: JobRule): readonly Measure[] {
  if (check.scope !== 'record') return [];
  return [
    [`judged.${rule.id}`, sql`count(*) FILTER (WHERE ${check.judged})`],
    [`failed.${rule.id}`, sql`count(*) FILTER (WHERE (${check.judged}) AND (${check.failed}))`],
  ];
}

function inGroups(measures: readonly Measure[], size: number): readonly (readonly Measure[])[] {
  return Array.from({ length: Math.ceil(measures.length / size) }, (_, i) => measures.slice(i * size, (i + 1) * size));
}

function aggregate(from: Sql, measures: readonly Measure[]): Aggregate {
  const columns = measures.map(([, value], i) => sql`${value} AS ${identifier(`m${i}`)}`);
  return { names: measures.map(([name]) => name), statement: sql`SELECT ${join(columns)} ${from}` };
}
