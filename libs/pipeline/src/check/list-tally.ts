import type { QualityBody } from '@attune/api';
import type { FindingCode } from '@attune/core';
import { columnList, literal, sql, type Sql } from '@attune/sql';

type Answer = readonly (readonly (string | null)[])[];

const FINDINGS = ['code', 'field', 'severity'];
const QUARANTINE = ['code', 'field'];

/** Asks a Parquet list of the pass how many entries it has of each code and field, most frequent first. */
const question = (list: string, columns: readonly string[]): Sql =>
  sql`SELECT ${columnList(columns)}, count(*) AS n FROM read_parquet(${literal(list)}) GROUP BY ALL ORDER BY n DESC, ${columnList(columns)}`;

export const findingTally = {
  question: (list: string): Sql => question(list, FINDINGS),
  read: (answer: Answer): NonNullable<QualityBody['findings']> =>
    answer.map(([code, field, severity, n]) => ({
      code: code as FindingCode,
      field: field ?? null,
      severity: severity!,
      count: Number(n),
    })),
};

export const quarantineTally = {
  question: (list: string): Sql => question(list, QUARANTINE),
  read: (answer: Answer): NonNullable<QualityBody['quarantine']> =>
    answer.map(([code, field, n]) => ({ code: code as FindingCode, field: field ?? null, count: Number(n) })),
};
