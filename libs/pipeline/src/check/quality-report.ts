import type { PreviousQuality, QualityBody, QualityDimension, RuleQuality } from '@attune/api';
import { AppError, type Entity, type Plan, type RowLedger } from '@attune/core';
import type { Profile } from '../transform/profile.js';
import { answer, hundredths, judgeRules, percent } from './judge-rules.js';
import type { JobRule } from './rules-of-job.js';
import { mappedFields, type Answers } from './silver-aggregates.js';

type Dimension = QualityBody['dimensions'][QualityDimension];

/** Two counts and what to say where there is nothing to count. */
interface Counted {
  readonly numerator: number;
  readonly denominator: number;
  readonly whenNothing: string;
}

/** Everything the report is made of: the transform's ledger and profile, and what silver answered. */
export interface Evidence {
  readonly plan: Plan;
  readonly entity: Entity;
  readonly ledger: RowLedger;
  readonly profile: Profile;
  readonly rules: readonly JobRule[];
  readonly answers: Answers;
  readonly previous?: PreviousQuality | undefined;
  /** What the lists of the pass hold, where they were counted. */
  readonly findings?: QualityBody['findings'];
  readonly quarantine?: QualityBody['quarantine'];
}

/**
 * The quality report. Each dimension is a share of two counts, to which the judgements of its rules are added; remarks (severity info) and
 * `required` rules over essential fields, which completeness counts already, are not.
 * - completeness: filled values of the essential fields, of essential fields x records out, constants among them. A field without a source
 *   counts as empty, because the result lacks it whatever the reason.
 * - validity: values the standardizers took, of all values received in mapped fields, one per field and record however many columns it
 *   comes from; exact duplicates counted, quarantined records and constants not.
 * - uniqueness: records out, of records out and merged.
 * - consistency, accuracy and timeliness: rules alone. Accuracy needs a reference and timeliness a date that the input may not have.
 * A dimension without anything to count is `not_applicable`, never 100. Throws `engine.failed` when silver does not have the rows of the ledger.
 */
export function qualityReport(evidence: Evidence): QualityBody {
  const { ledger, plan } = evidence;
  const stored = answer(evidence.answers, 'records');
  if (stored !== ledger.recordsOut)
    throw new AppError('engine.failed', `silver holds ${stored} records, the row ledger ${ledger.recordsOut}`);
  const rules = judgeRules(evidence.rules, evidence.answers);
  const dimension = (name: QualityDimension, measured: Counted): Dimension => scored(withRules(name, measured, rules, evidence));
  const dimensions: QualityBody['dimensions'] = {
    completeness: dimension('completeness', completeness(evidence)),
    validity: dimension('validity', validity(evidence)),
    uniqueness: dimension('uniqueness', {
      numerator: ledger.recordsOut,
      denominator: ledger.recordsOut + ledger.recordsMerged,
      whenNothing: 'There are no records.',
    }),
    consistency: dimension('consistency', nothing(unstandardized(plan) ?? 'No record has both sides of a rule.')),
    accuracy: dimension('accuracy', nothing('There is no reference to compare the values with.')),
    timeliness: dimension('timeliness', nothing('No rule says how new the records have to be.')),
  };
  return {
    version: 2,
    entity: evidence.entity.name,
    received_at: plan.received_at,
    records: {
      in: ledger.recordsIn,
      out: ledger.recordsOut,
      quarantined: ledger.recordsQuarantined,
      merged: ledger.recordsMerged,
      dropped: ledger.recordsDropped,
    },
    dimensions,
    fields: fieldQualities(evidence),
    rules: [...rules],
    ...talliesOf(evidence),
    overall: meanScore(Object.values(dimensions)),
    previous: evidence.previous ?? null,
  };
}

/** Throws `engine.failed` when the quarantine does not hold the records that the ledger has set aside. */
function talliesOf({ findings, quarantine, ledger }: Evidence): Pick<QualityBody, 'findings' | 'quarantine'> {
  const held = quarantine?.reduce((sum, { count }) => sum + count, 0) ?? ledger.recordsQuarantined;
  if (held !== ledger.recordsQuarantined)
    throw new AppError('engine.failed', `the quarantine holds ${held} records, the row ledger ${ledger.recordsQuarantined}`);
  return { ...(findings && { findings }), ...(quarantine && { quarantine }) };
}

function completeness({ entity, plan, ledger, answers }: Evidence): Counted {
  const essential = entity.fields.filter((field) => field.essential === true).map(({ name }) => name);
  const mapped = mappedFields(plan, entity);
  const numerator = essential.filter((name) => mapped.includes(name)).reduce((sum, name) => sum + answer(answers, `filled.${name}`), 0);
  const whenNothing = essential.length === 0 ? 'No field of the entity is essential.' : 'There are no records.';
  return { numerator, denominator: essential.length * ledger.recordsOut, whenNothing };
}

function validity({ entity, plan, profile }: Evidence): Counted {
  const reason = unstandardized(plan);
  if (reason !== undefined) return nothing(reason);
  let received = 0;
  let refused = 0;
  for (const name of mappedFields(plan, entity)) {
    const column = profiled(profile, name);
    received += column.received;
    refused += column.refused;
  }
  return { numerator: received - refused, denominator: received, whenNothing: 'There are no values in mapped fields.' };
}

function unstandardized(plan: Plan): string | undefined {
  return plan.options.standardize_fields ? undefined : 'The fields were not standardized.';
}

/** Adds what the rules of the dimension have judged. */
function withRules(name: QualityDimension, measured: Counted, rules: readonly RuleQuality[], { entity }: Evidence): Counted {
  const counting = rules.filter(({ dimension, severity, kind, fields }) => {
    const measuredAlready = kind === 'required' && entity.fields.some((field) => field.name === fields[0] && field.essential === true);
    return dimension === name && severity !== 'info' && !measuredAlready;
  });
  const judged = counting.reduce((sum, rule) => sum + rule.judged, 0);
  const failed = counting.reduce((sum, rule) => sum + rule.failed, 0);
  return { ...measured, numerator: measured.numerator + judged - failed, denominator: measured.denominator + judged };
}

function fieldQualities({ entity, plan, ledger, profile, answers }: Evidence): QualityBody['fields'] {
  return mappedFields(plan, entity).map((field) => {
    const column = profiled(profile, field);
    const measured = answer(answers, `measured.${field}`) > 0;
    return {
      field,
      standardizer: plan.mapping.fields.find((mapping) => mapping.field === field)!.standardizer,
      filled: { numerator: answer(answers, `filled.${field}`), denominator: ledger.recordsOut },
      valid: { numerator: column.received - column.refused, denominator: column.received },
      distinct: answer(answers, `distinct.${field}`),
      min_length: answer(answers, `min_length.${field}`),
      max_length: answer(answers, `max_length.${field}`),
      mean: measured ? answer(answers, `mean.${field}`) : null,
    };
  });
}

function nothing(whenNothing: string): Counted {
  return { numerator: 0, denominator: 0, whenNothing };
}

function scored({ numerator, denominator, whenNothing }: Counted): Dimension {
  if (denominator === 0) return { status: 'not_applicable', numerator: 0, denominator: 0, score: null, reason: whenNothing };
  return { status: 'scored', numerator, denominator, score: percent(numerator, denominator) };
}

function meanScore(dimensions: readonly Dimension[]): number | null {
  const scores = dimensions.flatMap(({ score }) => (score === null ? [] : [score]));
  return scores.length === 0 ? null : hundredths(scores.reduce((sum, score) => sum + score, 0) / scores.length);
}

function profiled(profile: Profile, name: string): Profile['columns'][number] {
  const column = profile.columns.find((candidate) => candidate.name === name);
  if (column === undefined) throw new AppError('engine.failed', `the profile lacks the field ${name}`);
  return column;
}
