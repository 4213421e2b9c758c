import { FINDING_KINDS, type FindingCode, type Mapping, type SourceColumn } from '@attune/core';

/** A record of a sample as a mapping made it; of the values only what a tally needs. */
export interface TriedRecord {
  readonly record: number;
  readonly line: number;
  readonly byte_offset: number;
  readonly values: readonly {
    readonly field: string;
    readonly canonical?: string | null | undefined;
    readonly finding?: string | null | undefined;
  }[];
}

/** How the values of a sample get on with one field: counts of records, and where the first findings are. */
export interface FieldTally {
  readonly field: string;
  readonly from: SourceColumn[];
  /** Records with a value, those among them whose value the field takes, and those without any. */
  readonly received: number;
  readonly fits: number;
  readonly nulls: number;
  readonly findings: { readonly code: string; readonly count: number }[];
  readonly first: { readonly code: string; readonly record: number; readonly line: number; readonly byte_offset: number }[];
}

const FIRST_FINDINGS = 10;

/** A code that only a newer worker knows is taken for a refusal: else it would not be told. */
function refuses(code: string): boolean {
  return !Object.hasOwn(FINDING_KINDS, code) || FINDING_KINDS[code as FindingCode].severity === 'error';
}

function tallyOf(field: string, records: readonly TriedRecord[]): Omit<FieldTally, 'field' | 'from'> {
  const counts = new Map<string, number>();
  const first: FieldTally['first'] = [];
  let received = 0;
  let refused = 0;
  let nulls = 0;
  for (const { record, line, byte_offset, values } of records) {
    const value = values.find((candidate) => candidate.field === field);
    if (value === undefined) continue;
    const code = value.finding ?? undefined;
    if (code === undefined && (value.canonical ?? null) === null) nulls += 1;
    else received += 1;
    if (code === undefined) continue;
    if (refuses(code)) refused += 1;
    counts.set(code, (counts.get(code) ?? 0) + 1);
    if (first.length < FIRST_FINDINGS) first.push({ code, record, line, byte_offset });
  }
  const findings = [...counts]
    .map(([code, count]) => ({ code, count }))
    .toSorted((a, b) => b.count - a.count || (a.code < b.code ? -1 : 1));
  return { received, fits: received - refused, nulls, findings, first };
}

/** One tally per field of the mapping, in its order. */
export function tallyFields(mapping: Mapping, records: readonly TriedRecord[]): FieldTally[] {
  return mapping.fields.map(({ field, from }) => ({ field, from, ...tallyOf(field, records) }));
}
