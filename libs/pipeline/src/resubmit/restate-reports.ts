import type { LineageBody } from '@attune/api';
import type { FindingCode } from '@attune/core';
import type { Profile, ProfiledColumn } from '../transform/profile.js';

type Counts = Readonly<Partial<Record<FindingCode, number>>>;

/** The profile of both, column by column. How many values differ is estimated: mended values are as often new as the earlier ones were. */
export function restatedProfile(earlier: Profile, mended: Profile): Profile {
  const columns = earlier.columns.map((column): ProfiledColumn => {
    const more = mended.columns.find(({ name }) => name === column.name);
    return more === undefined ? column : bothColumns(column, more, earlier.records - column.nulls);
  });
  return { ...earlier, records: earlier.records + mended.records, columns };
}

/** `values`: how many the earlier estimate was made from. */
function bothColumns(earlier: ProfiledColumn, mended: ProfiledColumn, values: number): ProfiledColumn {
  const isNew = values === 0 ? 1 : Math.min(1, earlier.distinct_estimate / values);
  const distinct = Math.max(mended.distinct_estimate, earlier.distinct_estimate + Math.round(mended.distinct_estimate * isNew));
  return {
    ...earlier,
    nulls: earlier.nulls + mended.nulls,
    received: earlier.received + mended.received,
    refused: earlier.refused + mended.refused,
    findings: bothCounts(earlier.findings, mended.findings),
    min: extreme(earlier.min, mended.min, -1),
    max: extreme(earlier.max, mended.max, 1),
    min_length:
      mended.min === null ? earlier.min_length : earlier.min === null ? mended.min_length : Math.min(earlier.min_length, mended.min_length),
    max_length: Math.max(earlier.max_length, mended.max_length),
    distinct_estimate: distinct,
  };
}

/** What the mapping has done to the values of both. */
export function restatedLineage(earlier: LineageBody, mended: LineageBody): LineageBody {
  return {
    ...earlier,
    fields: earlier.fields.map((field) => {
      const more = mended.fields.find((other) => other.field === field.field);
      if (more === undefined) return field;
      return { ...field, ...sums(field, more), refused: field.refused + more.refused, findings: bothCounts(field.findings, more.findings) };
    }),
    carried: earlier.carried.map((column) => {
      const more = mended.carried.find(({ ordinal }) => ordinal === column.ordinal);
      return more === undefined ? column : { ...column, ...sums(column, more) };
    }),
  };
}

interface Changed {
  readonly records: number;
  readonly nulls: number;
  readonly changed: number;
}

const sums = (one: Changed, other: Changed): Changed => ({
  records: one.records + other.records,
  nulls: one.nulls + other.nulls,
  changed: one.changed + other.changed,
});

function bothCounts<T extends Counts>(one: T, other: T): T {
  const sum: Partial<Record<FindingCode, number>> = { ...one };
  for (const [code, count] of Object.entries(other) as [FindingCode, number][]) sum[code] = (sum[code] ?? 0) + count;
  return sum as T;
}

/** By unsigned bytes, as the sketches compare; UTF-8 keeps the order of its code points. */
function extreme(one: string | null, other: string | null, sign: -1 | 1): string | null {
  if (one === null || other === null) return one ?? other;
  return Math.sign(byCodePoint(one, other)) === sign ? one : other;
}

function byCodePoint(one: string, other: string): number {
  const [a, b] = [[...one], [...other]];
  for (let i = 0; i < Math.min(a.length, b.length); i++) {
    const difference = a[i]!.codePointAt(0)! - b[i]!.codePointAt(0)!;
    if (difference !== 0) return difference;
  }
  return a.length - b.length;
}
