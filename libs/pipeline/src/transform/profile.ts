import { FINDING_KINDS, type FindingCode } from '@attune/core';
import type { ColumnSketch } from './column-sketch.js';
import type { CompiledColumn } from './compiled-column.js';

/** One column of the whole dataset as it became. Quarantined records are not in it; merged ones are. */
export interface ProfiledColumn {
  readonly name: string;
  /** 0-based ordinals of the source columns; none where nothing is mapped to the field, and for a constant. */
  readonly sources: readonly number[];
  readonly standardizer: string | null;
  /** Values that are null in the result. */
  readonly nulls: number;
  /** Received values that came to the standardizer, one per record and field, and how many of them it refused. Constants are not received. */
  readonly received: number;
  readonly refused: number;
  readonly findings: Readonly<Partial<Record<FindingCode, number>>>;
  /** By unsigned bytes, cut to 128 bytes; null where there is no value. */
  readonly min: string | null;
  readonly max: string | null;
  /** Bytes of the canonical value. */
  readonly min_length: number;
  readonly max_length: number;
  /** HyperLogLog, standard error 2.3 %. */
  readonly distinct_estimate: number;
}

/** Artifact `profile`, version 1. */
export interface Profile {
  readonly version: 1;
  /** Records that were accepted, exact duplicates counted. */
  readonly records: number;
  readonly columns: readonly ProfiledColumn[];
  /** Where the records of each member of a container begin, in order; absent for a plain file. Silver holds ordinals of the dataset alone. */
  readonly members?: readonly MemberStart[];
}

export interface MemberStart {
  readonly member: string;
  /** Records of the dataset before the member's first one. */
  readonly after: number;
}

export function profileOf(columns: readonly CompiledColumn[], sketches: readonly ColumnSketch[], records: number): Profile {
  const profiled = columns.flatMap((column, c) =>
    column.silver.role === 'identity' ? [] : [profiledColumn(column, sketches[c]!, records)],
  );
  return { version: 1, records, columns: profiled };
}

/** Findings of severity error or worse in the columns of accepted records. */
export function errorsIn({ columns }: Profile): number {
  const counts = columns.flatMap(({ findings }) => Object.entries(findings) as [FindingCode, number][]);
  return counts.reduce((sum, [code, count]) => sum + (FINDING_KINDS[code].severity === 'error' ? count : 0), 0);
}

function profiledColumn({ silver, codes }: CompiledColumn, sketch: ColumnSketch, records: number): ProfiledColumn {
  return {
    name: silver.name,
    sources: silver.sources,
    standardizer: silver.standardizer?.name ?? null,
    nulls: records - sketch.values,
    received: sketch.received,
    refused: sketch.refused,
    findings: findingCounts(codes, sketch),
    min: sketch.min,
    max: sketch.max,
    min_length: sketch.minLength,
    max_length: sketch.maxLength,
    distinct_estimate: sketch.distinctEstimate(),
  };
}

/** Findings by code, without the codes that did not occur. */
export function findingCounts(codes: readonly FindingCode[], sketch: ColumnSketch): Partial<Record<FindingCode, number>> {
  return Object.fromEntries(codes.flatMap((code, i) => (sketch.findings[i]! > 0 ? [[code, sketch.findings[i]!]] : [])));
}
