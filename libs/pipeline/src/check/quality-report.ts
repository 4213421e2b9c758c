import type { QualityBody, QualityDimension } from '@attune/api';
import { AppError, type Entity, type Plan, type RowLedger } from '@attune/core';
import type { Profile } from '../transform/profile.js';
import { judgeableRules, mappedFields, type Answers } from './silver-aggregates.js';

type Dimension = QualityBody['dimensions'][QualityDimension];

/** Everything the report is made of: the transform's ledger and profile, and what silver answered. */
export interface Evidence {
  readonly plan: Plan;
  readonly entity: Entity;
  readonly ledger: RowLedger;
  readonly profile: Profile;
  readonly answers: Answers;
}

/**
 * The quality report. Each dimension is a share of two counts:
 * - completeness: filled values of the essential fields, of essential fields x records out, constants among them. A field without a source
 *   counts as empty, because the result lacks it whatever the reason.
 * - validity: values the standardizers took, of all values received in mapped fields, one per field and record however many columns it
 *   comes from; exact duplicates counted, quarantined records and constants not.
 * - uniqueness: records out, of records out and merged.
 * - consistency: judgements that hold, of all judgements of the consistency rules; a rule is judged where both its sides are present.
 * - accuracy and timeliness need a reference and times that the input does not have.
 * A dimension without anything to count is `not_applicable`, never 100. Throws `engine.failed` when silver does not have the rows of the ledger.
 */
export function qualityReport(evidence: Evidence): QualityBody {
  const { ledger } = evidence;
  const stored = answer(evidence.answers, 'records');
  if (stored !== ledger.recordsOut)
    throw new AppError('engine.failed', `silver holds ${stored} records, the row ledger ${ledger.recordsOut}`);
  const dimensions: QualityBody['dimensions'] = {
    completeness: completeness(evidence),
    validity: validity(evidence),
    uniqueness: share(ledger.recordsOut, ledger.recordsOut + ledger.recordsMerged, 'There are no records.'),
    consistency: consistency(evidence),
    accuracy: notApplicable('There is no reference to compare the values with.'),
    timeliness: notApplicable('The records do not say when they were made.'),
  };
  return {
    version: 1,
    records: {
      in: ledger.recordsIn,
      out: ledger.recordsOut,
      quarantined: ledger.recordsQuarantined,
      merged: ledger.recordsMerged,
      dropped: ledger.recordsDropped,
    },
    dimensions,
    fields: fieldQualities(evidence),
    overall: meanScore(Object.values(dimensions)),
  };
}

function completeness({ entity, plan, ledger, answers }: Evidence): Dimension {
  const essential = entity.fields.filter((field) => field.essential === true).map(({ name }) => name);
  const mapped = mappedFields(plan, entity);
  const filled = essential.filter((name) => mapped.includes(name)).reduce((sum, name) => sum + answer(answers, `filled.${name}`), 0);
  const whenNothing = essential.length === 0 ? 'No field of the entity is essential.' : 'There are no records.';
  return share(filled, essential.length * ledger.recordsOut, whenNothing);
}

function validity({ entity, plan, profile }: Evidence): Dimension {
  if (!plan.options.standardize_fields) return notApplicable('The fields were not standardized.');
  let received = 0;
  let refused = 0;
  for (const name of mappedFields(plan, entity)) {
    const column = profiled(profile, name);
    received += column.received;
    refused += column.refused;
  }
  return share(received - refused, received, 'There are no values in mapped fields.');
}

function consistency({ plan, answers }: Evidence): Dimension {
  if (!plan.options.standardize_fields) return notApplicable('The fields were not standardized.');
  const rules = judgeableRules(plan);
  const total = (prefix: string): number => rules.reduce((sum, { name }) => sum + answer(answers, `${prefix}.${name}`), 0);
  return share(total('held'), total('judged'), 'No record has both sides of a rule.');
}

function fieldQualities({ entity, plan, ledger, profile, answers }: Evidence): QualityBody['fields'] {
  return mappedFields(plan, entity).map((field) => {
    const column = profiled(profile, field);
    return {
      field,
      standardizer: plan.mapping.fields.find((mapping) => mapping.field === field)!.standardizer,
      filled: { numerator: answer(answers, `filled.${field}`), denominator: ledger.recordsOut },
      valid: { numerator: column.received - column.refused, denominator: column.received },
      distinct: answer(answers, `distinct.${field}`),
    };
  });
}

function share(numerator: number, denominator: number, whenNothing: string): Dimension {
  if (denominator === 0) return notApplicable(whenNothing);
  return { status: 'scored', numerator, denominator, score: hundredths((100 * numerator) / denominator) };
}

function notApplicable(reason: string): Dimension {
  return { status: 'not_applicable', numerator: 0, denominator: 0, score: null, reason };
}

function meanScore(dimensions: readonly Dimension[]): number | null {
  const scores = dimensions.flatMap(({ score }) => (score === null ? [] : [score]));
  return scores.length === 0 ? null : hundredths(scores.reduce((sum, score) => sum + score, 0) / scores.length);
}

/** Rounded down, so that 100 means that nothing is missing; the addend takes back what binary fractions lose. */
function hundredths(score: number): number {
  return Math.floor(score * 100 + 1e-9) / 100;
}

function answer(answers: Answers, name: string): number {
  const value = answers[name];
  if (value === undefined) throw new AppError('engine.failed', `silver was not asked for ${name}`);
  return value;
}

function profiled(profile: Profile, name: string): Profile['columns'][number] {
  const column = profile.columns.find((candidate) => candidate.name === name);
  if (column === undefined) throw new AppError('engine.failed', `the profile lacks the field ${name}`);
  return column;
}
