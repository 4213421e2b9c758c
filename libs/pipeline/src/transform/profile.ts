import { FINDING_KINDS, type FindingCode } from '@attune/core';
import type { ColumnSketch } from './column-sketch.js';
import type { CompiledColumn } from './compiled-column.js';

/** One column of the whole dataset as it became. Quarantined records are not in it; merged ones are. */
export interface ProfiledColumn {
  readonly name: string;
  /** 0-based ordinal of the source column; null where nothing is mapped to the field. */
  readonly source: number | null;
  readonly standardizer: string | null;
  /** Values that are null in the result. */
  readonly nulls: number;
  /** Values that were not empty when received, and how many of them the standardizer refused. */
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
}

export function profileOf(columns: readonly CompiledColumn[], sketches: readonly ColumnSketch[], records: number): Profile {
  return { version: 1, records, columns: columns.map((column, c) => profiledColumn(column, sketches[c]!, records)) };
}

/** Findings of severity error or worse in the columns of accepted records. */
export function errorsIn({ columns }: Profile): number {
  const counts = columns.flatMap(({ findings }) => Object.entries(findings) as [FindingCode, number][]);
  return counts.reduce((sum, [code, count]) => sum + (FINDING_KINDS[code].severity === 'error' ? count : 0), 0);
}

function profiledColumn({ silver, codes }: CompiledColumn, sketch: ColumnSketch, records: number): ProfiledColumn {
  return {
    name: silver.name,
    source: silver.source < 0 ? null : silver.source,
    standardizer: silver.standardizer?.name ?? null,
    nulls: records - sketch.values,
    received: sketch.received,
    refused: sketch.refused,
    findings: Object.fromEntries(codes.flatMap((code, i) => (sketch.findings[i]! > 0 ? [[code, sketch.findings[i]!]] : []))),
    min: sketch.min,
    max: sketch.max,
    min_length: sketch.minLength,
    max_length: sketch.maxLength,
    distinct_estimate: sketch.distinctEstimate(),
  };
}
