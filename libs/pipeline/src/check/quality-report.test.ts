import { findEntity, type Plan, type RowLedger } from '@attune/core';
import type { Profile } from '../transform/profile.js';
import { qualityReport, type Evidence } from './quality-report.js';
import type { RuleSet } from '@attune/rules';
import { rulesOfJob, type JobRule } from './rules-of-job.js';
import { silverAggregates } from './silver-aggregates.js';

const person = findEntity('person')!;
const essential = person.fields.filter((field) => field.essential === true).length;

const FIELDS = ['patient_id', 'birth_date', 'death_date', 'death_flag'];

const plan = (standardize = true, fields = FIELDS): Plan => ({
  version: 1,
  mapping: {
    version: 1,
    entity: 'person',
    fields: fields.map((field, ordinal) => ({
      field,
      from: [{ ordinal, name: field }],
      standardizer: person.fields.find(({ name }) => name === field)!.standardizer,
      options: {},
      confidence: 1,
      reasons: [],
    })),
    carried: [],
  },
  container: 'none',
  encoding: 'utf-8',
  format: 'delimited',
  layout: null,
  json: null,
  table: null,
  dialect: { delimiter: 44, quote: 34, header: true, bom: 0 },
  columns: [],
  null_tokens: [],
  comments: null,
  trailers: null,
  required: [],
  quarantine_limit: 1,
  options: { remove_duplicates: true, standardize_fields: standardize, validate_schema: true, output_formats: [] },
  received_at: '2026-01-01T00:00:00Z',
  engine_version: '1',
});

const ledger = (out: number, merged: number, quarantined: number): RowLedger => ({
  recordsIn: out + merged + quarantined,
  recordsOut: out,
  recordsQuarantined: quarantined,
  recordsMerged: merged,
  recordsDropped: 0,
  dropReasons: {},
});

function profile(received: Record<string, number>, refused: Record<string, number>): Profile {
  const columns = FIELDS.map((name) => ({
    name,
    sources: [0],
    standardizer: 'text',
    nulls: 0,
    received: received[name] ?? 0,
    refused: refused[name] ?? 0,
    findings: {},
    min: null,
    max: null,
    min_length: 0,
    max_length: 0,
    distinct_estimate: 0,
  }));
  return { version: 1, records: 4, columns };
}

const SILVER = ['silver.parquet'];
const rulesFor = (asked: Plan, given?: RuleSet): readonly JobRule[] => rulesOfJob({ silver: SILVER, plan: asked, entity: person, given });

/** Every question answered, with 0 unless told otherwise. */
function answersTo(asked: Plan, told: Record<string, number>): Record<string, number> {
  const names = silverAggregates(SILVER, 1_000_000, { plan: asked, entity: person, rules: rulesFor(asked) }).flatMap(
    (aggregate) => aggregate.names,
  );
  return Object.fromEntries(names.map((name) => [name, told[name] ?? 0]));
}

const evidence = (rest: Partial<Evidence> = {}): Evidence => ({
  plan: plan(),
  entity: person,
  ledger: ledger(3, 1, 1),
  profile: profile({ patient_id: 4, birth_date: 4 }, { birth_date: 1 }),
  rules: rulesFor(rest.plan ?? plan()),
  answers: answersTo(plan(), {
    records: 3,
    'filled.patient_id': 3,
    'filled.birth_date': 2,
    'distinct.patient_id': 3,
    'judged.birth_not_after_receipt': 2,
    'failed.birth_not_after_receipt': 1,
    'judged.death_not_before_birth': 1,
    'judged.person.patient_id.unique': 3,
    'failed.person.patient_id.unique': 1,
    'judged.person.patient_id.required': 3,
    'failed.person.patient_id.required': 3,
    'judged.birth_not_before_1880': 2,
  }),
  ...rest,
});

test('each dimension is the share of its two counts, and the whole is the mean of the scored ones', () => {
  const report = qualityReport(evidence());
  expect(report.dimensions.completeness).toEqual({ status: 'scored', numerator: 5, denominator: essential * 3, score: 33.33 });
  expect(report.dimensions.validity).toEqual({ status: 'scored', numerator: 7 + 2, denominator: 8 + 2, score: 90 });
  expect(report.dimensions.uniqueness).toEqual({ status: 'scored', numerator: 3 + 2, denominator: 4 + 3, score: 71.42 });
  expect(report.dimensions.consistency).toEqual({ status: 'scored', numerator: 2, denominator: 3, score: 66.66 });
  expect(report.dimensions.accuracy).toMatchObject({ status: 'not_applicable', score: null });
  expect(report.dimensions.timeliness).toMatchObject({ status: 'not_applicable', score: null });
  expect(report.overall).toBe(65.35);
  expect(report.records).toEqual({ in: 5, out: 3, quarantined: 1, merged: 1, dropped: 0 });
  expect(report.fields[0]).toEqual({
    field: 'patient_id',
    standardizer: 'identifier',
    filled: { numerator: 3, denominator: 3 },
    valid: { numerator: 4, denominator: 4 },
    distinct: 3,
    min_length: 0,
    max_length: 0,
    mean: null,
  });
});

test('the quarantine is told by reason, and a quarantine that does not hold what was set aside is no report', () => {
  const reason = { code: 'csv.field_count', field: null, count: 1 };
  expect(qualityReport(evidence({ quarantine: [reason], findings: [] }))).toMatchObject({ quarantine: [reason], findings: [] });
  expect(() => qualityReport(evidence({ quarantine: [{ ...reason, count: 2 }] }))).toThrow(
    'the quarantine holds 2 records, the row ledger 1',
  );
});

test('a dimension with nothing to count is not applicable, never 100', () => {
  const nothing = qualityReport(evidence({ ledger: ledger(0, 0, 2), answers: answersTo(plan(), {}), profile: profile({}, {}) }));
  expect(Object.values(nothing.dimensions).map(({ status, score }) => [status, score])).toEqual(Array(6).fill(['not_applicable', null]));
  expect(nothing.overall).toBeNull();
});

test('a constant fills its field and is neither valid nor invalid, and an entity without essential fields is not complete', () => {
  const constant = plan(true, ['patient_id']);
  const { mapping } = constant;
  const fixed = { ...constant, mapping: { ...mapping, fields: [{ ...mapping.fields[0]!, from: [], constant: 'c-1' }] } };
  const answers = answersTo(fixed, { records: 3, 'filled.patient_id': 3, 'distinct.patient_id': 1 });
  const report = qualityReport(evidence({ plan: fixed, answers, profile: profile({}, {}) }));
  expect(report.dimensions.validity).toMatchObject({ status: 'not_applicable', score: null });
  expect(report.dimensions.completeness).toMatchObject({ numerator: 3 });
  const bare = { ...person, fields: person.fields.map((field) => ({ ...field, essential: false })) };
  expect(qualityReport(evidence({ entity: bare, rules: [] })).dimensions.completeness).toMatchObject({
    status: 'not_applicable',
    reason: 'No field of the entity is essential.',
  });
});

test('received text is judged neither for validity nor for consistency', () => {
  const asReceived = plan(false);
  const { dimensions } = qualityReport(evidence({ plan: asReceived, answers: answersTo(asReceived, { records: 3 }) }));
  expect(dimensions.validity.status).toBe('not_applicable');
  expect(dimensions.consistency.status).toBe('not_applicable');
});

test('100 means that nothing is missing: shares are rounded down', () => {
  const almost = evidence({ ledger: ledger(999_999, 1, 0), answers: answersTo(plan(), { records: 999_999 }) });
  expect(qualityReport(almost).dimensions.uniqueness.score).toBe(99.99);
});

test('every rule has its counts, and one that nothing was judged by is not applicable', () => {
  const { rules } = qualityReport(evidence());
  const of = (id: string): unknown => {
    const { status, judged, failed, score } = rules.find((rule) => rule.id === id)!;
    return [status, judged, failed, score];
  };
  expect(of('birth_not_after_receipt')).toEqual(['failed', 2, 1, 50]);
  expect(of('death_not_before_birth')).toEqual(['passed', 1, 0, 100]);
  expect(of('death_flag_with_death_date')).toEqual(['not_applicable', 0, 0, null]);
  expect(rules.find(({ id }) => id === 'latitude_on_earth')).toMatchObject({
    status: 'not_applicable',
    reason: 'Nothing is mapped to latitude.',
  });
});

test('rules of the job join those of the pack, replace one of the same id, or stand alone', () => {
  const own = { id: 'birth_not_before_1880', kind: 'range', field: 'birth_date', min: '1900-01-01' };
  const other = { id: 'mine', kind: 'required', field: 'death_date', severity: 'info' };
  const ids = (given: Partial<RuleSet>): string[] =>
    rulesFor(plan(), { version: 1, defaults: true, rules: [own, other], ...given }).map(({ rule, origin }) => `${rule.id} ${origin}`);
  const defaults = rulesFor(plan()).map(({ rule, origin }) => `${rule.id} ${origin}`);
  expect(ids({}).sort()).toEqual([...defaults.filter((id) => !id.startsWith(own.id)), `${own.id} job`, 'mine job'].sort());
  expect(ids({ defaults: false })).toEqual([`${own.id} job`, 'mine job']);
  expect(ids({ without: ['death_not_before_birth'] })).not.toContain('death_not_before_birth default');
  expect(rulesFor(plan(), { version: 1, entity: 'claim', defaults: false, rules: [other] })[0]!.check).toEqual({
    scope: 'none',
    reason: 'The rule is about claim, and the records are persons.',
  });
});

test('a remark counts in no score', () => {
  const given: RuleSet = {
    version: 1,
    defaults: false,
    rules: [{ id: 'remark', kind: 'order', fields: ['birth_date', 'death_date'], severity: 'info' }],
  };
  const rules = rulesFor(plan(), given);
  const answers = { ...evidence().answers, 'judged.remark': 3, 'failed.remark': 3 };
  const report = qualityReport(evidence({ rules, answers }));
  expect(report.rules).toMatchObject([{ id: 'remark', status: 'failed', failed: 3, score: 0 }]);
  expect(report.dimensions.consistency).toMatchObject({ status: 'not_applicable' });
});

test('silver with other rows than the ledger fails the stage', () => {
  expect(() => qualityReport(evidence({ ledger: ledger(4, 0, 1) }))).toThrow('engine.failed');
});
