import type { Plan } from '@attune/core';
import { identifier, literal, sql, type Sql } from '@attune/sql';

/** A claim about two facts of one person that cannot both be right; judged only where both are present. */
export interface ConsistencyRule {
  readonly name: string;
  readonly fields: readonly string[];
  readonly judged: Sql;
  /** `plan.received_at` stands for now, so that the same input is judged alike on any day. */
  readonly holds: (plan: Plan) => Sql;
}

const both = (one: string, other: string): Sql => sql`${identifier(one)} IS NOT NULL AND ${identifier(other)} IS NOT NULL`;

export const CONSISTENCY_RULES: readonly ConsistencyRule[] = [
  {
    name: 'death_not_before_birth',
    fields: ['birth_date', 'death_date'],
    judged: both('birth_date', 'death_date'),
    holds: () => sql`${identifier('death_date')} >= ${identifier('birth_date')}`,
  },
  {
    name: 'birth_not_after_receipt',
    fields: ['birth_date'],
    judged: sql`${identifier('birth_date')} IS NOT NULL`,
    holds: (plan) => sql`${identifier('birth_date')} <= CAST(${literal(plan.received_at.slice(0, 10))} AS DATE)`,
  },
  {
    name: 'death_flag_with_death_date',
    fields: ['death_flag', 'death_date'],
    judged: both('death_flag', 'death_date'),
    holds: () => identifier('death_flag'),
  },
];
