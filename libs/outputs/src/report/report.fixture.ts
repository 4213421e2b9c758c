import type { QualityBody } from '@attune/api';
import type { FindingCode } from '@attune/core';
import type { ReportFacts } from './report-facts.js';

type Rule = QualityBody['rules'][number];

const scored = (numerator: number, denominator: number): QualityBody['dimensions']['validity'] => ({
  status: 'scored',
  score: Math.floor((10_000 * numerator) / denominator) / 100,
  numerator,
  denominator,
});
const silent = (reason: string): QualityBody['dimensions']['validity'] => ({
  status: 'not_applicable',
  score: null,
  numerator: 0,
  denominator: 0,
  reason,
});

const CODES: readonly FindingCode[] = ['date.invalid', 'phone.invalid', 'email.invalid', 'us_state.unknown', 'text.control_character'];
const SEVERITIES = ['error', 'warning', 'info', 'fatal'] as const;

function ruleOf(field: string, i: number): Rule {
  const failed = i % 3 === 0 ? 7 * (i + 1) : 0;
  const unjudged = i % 5 === 4;
  return {
    id: `${field}.rule_${i}`,
    kind: ['required', 'pattern', 'unique'][i % 3]!,
    origin: i % 2 === 0 ? 'default' : 'job',
    message: `The field ${field} holds what rule ${i} asks for.`,
    fix: 'Look at the source, and correct what does not hold.',
    fields: [field],
    severity: SEVERITIES[i % 4]!,
    dimension: 'consistency',
    status: unjudged ? 'not_applicable' : failed > 0 ? 'failed' : 'passed',
    judged: unjudged ? 0 : 97_000,
    failed: unjudged ? 0 : failed,
    score: unjudged ? null : Math.floor((10_000 * (97_000 - failed)) / 97_000) / 100,
    ...(unjudged ? { reason: 'No record has what the rule judges.' } : {}),
  };
}

/** A job over invented people; `rename` gives the columns and fields other names. */
export function factsOf(size: { readonly fields: number; readonly rules: number }, rename = (name: string): string => name): ReportFacts {
  const names = Array.from({ length: size.fields }, (_, i) => rename(`field_${i}`));
  const quality: QualityBody = {
    version: 2,
    entity: 'person',
    received_at: '2026-03-02T09:00:00.000Z',
    records: { in: 100_000, out: 97_000, quarantined: 1000, merged: 2000, dropped: 0 },
    dimensions: {
      completeness: scored(470_000, 485_000),
      validity: scored(988_000, 990_000),
      uniqueness: scored(97_000, 99_000),
      consistency: scored(193_900, 194_000),
      accuracy: silent('There is no reference to compare the values with.'),
      timeliness: silent('No rule says how new the records have to be.'),
    },
    fields: names.map((field, i) => ({
      field,
      standardizer: 'text',
      filled: { numerator: 97_000 - 611 * (i % 90), denominator: 97_000 },
      valid: { numerator: 96_900 - i, denominator: 97_000 },
      distinct: 1000 + i,
      min_length: 1,
      max_length: 20,
      mean: null,
    })),
    rules: Array.from({ length: size.rules }, (_, i) => ruleOf(names[i % names.length]!, i)),
    findings: names
      .flatMap((field, i) =>
        CODES.filter((_, c) => (i + c) % 3 === 0).map((code, c) => ({
          code,
          field,
          severity: c === 2 ? 'warning' : 'error',
          count: 10 ** (c + 1) + i,
        })),
      )
      .concat([{ code: 'mapping.unsure', field: rename('notes'), severity: 'warning', count: 1 }]),
    quarantine: [
      { code: 'csv.field_count', field: null, count: 940 },
      { code: 'field.required', field: names[0]!, count: 60 },
    ],
    overall: 98.31,
    previous: {
      job_id: 'job_0197c0de-1111-7222-8333-444455556666',
      received_at: '2026-02-02T09:00:00.000Z',
      overall: 97.1,
      dimensions: { completeness: 97.5, validity: 99.79, uniqueness: 97.97, consistency: 90, accuracy: null, timeliness: null },
    },
  };
  return {
    job: { id: 'job_0197c0de-2222-7222-8333-444455556666', operation: 'harmonize', generation: 1, engineVersion: '0.1.0' },
    dataset: { id: 'ds_0197c0de-3333-7222-8333-444455556666', sha256: 'a'.repeat(64), bytes: 20_971_520, format: 'delimited' },
    quality,
    lineage: {
      version: 1,
      entity: 'person',
      fields: names.map((field, i) => ({
        field,
        from: [{ ordinal: i, name: rename(`Column ${i}`) }],
        standardizer: 'text',
        options: {},
        records: 99_000,
        nulls: 10 * i,
        changed: 321 * i,
        refused: i,
        findings: {},
      })),
      carried: [{ ordinal: size.fields, name: rename('notes'), records: 99_000, nulls: 90_000, changed: 0 }],
    },
    duplicates: { listed: 2000, removed: true },
  };
}
