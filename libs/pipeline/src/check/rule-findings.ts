import type { Entity, FindingCode, Plan } from '@attune/core';
import type { RuleQuality } from '@attune/api';
import { columnList, columnTypes, identifier, join, literal, parquetOptions, sql, type Sql } from '@attune/sql';
import type { MemberStart } from '../transform/profile.js';
import { silverColumns } from '../transform/silver-columns.js';
import { LIST_COLUMNS } from '../transform/silver-sql.js';
import type { JobRule } from './rules-of-job.js';

const CODE: FindingCode = 'rule.failed';
/** Characters of the value that a finding shows: at most 4 KiB, as in the findings of transform. */
const SHOWN_CHARACTERS = 1024;

/** Columns of the findings of rules: those of other findings, and which rule it was. */
const COLUMNS = [...LIST_COLUMNS.findings, { name: 'rule', type: 'VARCHAR' as const }];

export interface RuleFindings {
  readonly silver: Sql;
  readonly plan: Plan;
  readonly entity: Entity;
  readonly rules: readonly JobRule[];
  readonly judged: readonly RuleQuality[];
  readonly members: readonly MemberStart[];
}

/**
 * Writes every failure of every rule as a line: those of the dataset first, then by record, and of one record in the order of the rules.
 * Only rules that have failed are asked again: at least one has. DuckDB sorts and writes, so that memory does not grow with the failures.
 */
export function ruleFindingsCopy(findings: RuleFindings, target: string): Sql {
  const failed = findings.rules.map((rule, i) => ({ ...rule, i })).filter(({ i }) => findings.judged[i]!.status === 'failed');
  const branches = failed.map(({ check, i }) =>
    check.scope === 'record'
      ? sql`SELECT ${literal(i)} AS n, _record AS r, _line AS l, _byte_offset AS b, left(CAST(${check.value} AS VARCHAR), ${literal(SHOWN_CHARACTERS)}) AS v FROM ${findings.silver} WHERE (${check.judged}) AND (${check.failed})`
      : sql`SELECT ${literal(i)} AS n, NULL AS r, NULL AS l, NULL AS b, NULL AS v`,
  );
  const told = sql`SELECT ${lineColumns(findings)} FROM (${join(branches, sql` UNION ALL `)}) ORDER BY r NULLS FIRST, n`;
  return sql`COPY (${told}) TO ${literal(target)} (FORMAT json)`;
}

/** The same list as Parquet, in the same order. */
export function ruleFindingsParquet(lines: string, target: string): Sql {
  return sql`COPY (SELECT ${columnList(COLUMNS.map(({ name }) => name))} FROM read_json(${literal(lines)}, format='newline_delimited', columns=${columnTypes(COLUMNS)}, compression='uncompressed')) TO ${literal(target)} ${parquetOptions(COLUMNS.length)}`;
}

function lineColumns(findings: RuleFindings): Sql {
  const { rules, members } = findings;
  const values: Readonly<Record<string, Sql>> = {
    member: memberOf(members),
    record: sql`CAST(r AS BIGINT)`,
    line: sql`CAST(l AS BIGINT)`,
    byte_offset: sql`CAST(b AS BIGINT)`,
    column: sql`CAST(${picked(rules.map(({ rule }) => literal(columnOf(findings, rule.fields[0]))))} AS BIGINT)`,
    field: picked(rules.map(({ rule }) => literal(rule.fields[0] ?? null))),
    code: literal(CODE),
    severity: picked(rules.map(({ rule }) => literal(rule.severity))),
    value: sql`CAST(v AS VARCHAR)`,
    rule: picked(rules.map(({ rule }) => literal(rule.id))),
  };
  return join(COLUMNS.map(({ name }) => sql`${values[name]!} AS ${identifier(name)}`));
}

/** The text that stands at the place of the rule. */
function picked(texts: readonly Sql[]): Sql {
  return texts.length === 0 ? sql`NULL` : sql`([${join(texts)}])[n + 1]`;
}

/** 0-based ordinal of the source column that a field comes from first; null for a constant. */
function columnOf({ plan, entity }: RuleFindings, field: string | undefined): number | null {
  return silverColumns(plan, entity).find(({ name }) => name === field)?.sources[0] ?? null;
}

/** Ordinals of records run on through the members of a container. */
function memberOf(members: readonly MemberStart[]): Sql {
  if (members.length <= 1) return literal(members[0]?.member ?? '');
  const later = [...members].reverse().map(({ member, after }) => sql`WHEN r > ${literal(after)} THEN ${literal(member)}`);
  return sql`CASE ${join(later, sql` `)} ELSE '' END`;
}

/** Failures of severity error and worse, each a finding. */
export function ruleErrors(judged: readonly RuleQuality[]): number {
  return judged.reduce((sum, { severity, failed }) => sum + (severity === 'error' || severity === 'fatal' ? failed : 0), 0);
}

/** Failures of all rules: so many lines are written. */
export function ruleFailures(judged: readonly RuleQuality[]): number {
  return judged.reduce((sum, { failed }) => sum + failed, 0);
}
