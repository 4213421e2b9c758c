import { createReadStream } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { PreviousQuality, QualityBody } from '@attune/api';
import { AppError, type LeftFile, type RowLedger, type StageOutcome } from '@attune/core';
import {
  errorsIn,
  type Evidence,
  findingTally,
  lineIndexOf,
  type LineIndex,
  type Profile,
  qualityReport,
  quarantineTally,
  ruleErrors,
  ruleFailures,
  ruleFindingsCopy,
  ruleFindingsParquet,
  rulesOfJob,
  silverAggregates,
  silverColumns,
  type JobRule,
} from '@attune/pipeline';
import { sql, textList } from '@attune/sql';
import { checkRuleSet, type FieldMeasures } from '@attune/rules';
import { DuckDb, limitsFor } from '../duckdb.js';
import { entityOf } from '../entity-of.js';
import { writeListParquet } from '../list-parquet.js';
import type { Task, TaskContext, TaskInputs } from '../protocol.js';

type Input = TaskInputs['check'];

/** Judges silver by the rules of the job; leaves the quality report, and every failing record as a finding. */
export const checkTask: Task<'check'> = async (input, context) => {
  const { silver, plan, ledger, scratch, previous } = input;
  const entity = entityOf(plan);
  const given = input.rules === undefined ? undefined : checkRuleSet(input.rules);
  const rules = rulesOfJob({ silver, plan, entity, given, previous: previous && measuresOf(previous.quality) });
  const profile = JSON.parse(await readFile(input.profile, 'utf8')) as Profile;
  const db = await DuckDb.open(scratch, limitsFor(context.limits, silverColumns(plan, entity).length));
  try {
    const answers = await asked(db, input, rules, context);
    const tallies = await context.timed('check.tallies', () => tallied(db, input));
    const report = qualityReport({ plan, entity, ledger, rules, answers, profile, previous: previous && scoresOf(previous), ...tallies });
    await writeFile(join(scratch, 'quality.json'), JSON.stringify(report), { flag: 'wx' });
    const findings = await context.timed('check.findings', () => leaveFindings(db, input, rules, report, profile));
    return outcomeOf(report, findings, ledger, errorsIn(profile) + ledger.recordsQuarantined);
  } finally {
    db.close();
  }
};

async function asked(
  db: DuckDb,
  { silver, plan, ledger }: Input,
  rules: readonly JobRule[],
  { timed, onProgress }: TaskContext,
): Promise<Record<string, number>> {
  const aggregates = silverAggregates(silver, ledger.recordsOut, { plan, entity: entityOf(plan), rules });
  const answers: Record<string, number> = {};
  for (const [done, { names, statement }] of aggregates.entries()) {
    const values = await timed('check.aggregates', () => db.numbers(statement));
    names.forEach((name, i) => (answers[name] = values[i] ?? 0));
    onProgress({ done: done + 1, total: aggregates.length + 1 });
  }
  return answers;
}

async function tallied(db: DuckDb, { findings, quarantine }: Input): Promise<Pick<Evidence, 'findings' | 'quarantine'>> {
  return {
    ...(findings && { findings: findingTally.read(await db.texts(findingTally.question(findings))) }),
    ...(quarantine && { quarantine: quarantineTally.read(await db.texts(quarantineTally.question(quarantine))) }),
  };
}

/** As many lines as the counts of the report say, or the stage fails. */
async function leaveFindings(
  db: DuckDb,
  { silver, plan, scratch }: Input,
  rules: readonly JobRule[],
  { rules: judged }: QualityBody,
  profile: Profile,
): Promise<readonly LeftFile[]> {
  const lines = join(scratch, 'rule-findings.ndjson');
  const parquet = join(scratch, 'rule-findings.parquet');
  const from = sql`read_parquet(${textList(silver)})`;
  if (judged.some(({ status }) => status === 'failed'))
    await db.run(ruleFindingsCopy({ silver: from, plan, entity: entityOf(plan), rules, judged, members: profile.members ?? [] }, lines));
  else await writeFile(lines, '', { flag: 'wx' });
  const index: LineIndex = await lineIndexOf(createReadStream(lines, { highWaterMark: 1 << 20 }));
  if (index.records !== ruleFailures(judged))
    throw new AppError('engine.failed', `${index.records} findings were written, and ${ruleFailures(judged)} were counted`);
  await writeListParquet(db, 'rule_findings', { records: index.records, copy: ruleFindingsParquet(lines, parquet), target: parquet });
  await writeFile(join(scratch, 'rule-findings.index.json'), JSON.stringify(index), { flag: 'wx' });
  return [
    { kind: 'rule_findings', file: 'rule-findings.ndjson', records: index.records },
    { kind: 'rule_findings_index', file: 'rule-findings.index.json' },
    { kind: 'rule_findings_parquet', file: 'rule-findings.parquet', records: index.records },
  ];
}

/** `before`: findings of severity error that the pass over the input has made. */
function outcomeOf(report: QualityBody, findings: readonly LeftFile[], ledger: RowLedger, before: number): StageOutcome {
  const scores = Object.entries(report.dimensions).flatMap(([dimension, { score }]) =>
    score === null ? [] : [[dimension, score] as const],
  );
  const fatal = report.rules.filter(({ severity, failed }) => severity === 'fatal' && failed > 0);
  const told = fatal.map(({ id, failed, judged }) => `${id}: ${failed} of ${judged}`).join(', ');
  return {
    files: [{ kind: 'quality', file: 'quality.json' }, ...findings],
    ledger: passedOn(ledger.recordsOut),
    errorsFound: before + ruleErrors(report.rules),
    measures: { scores: Object.fromEntries(scores) },
    ...(fatal.length === 0 ? {} : { failure: { code: 'rules.fatal', detail: `rules of severity fatal have failed: ${told}` } }),
  };
}

function measuresOf({ fields }: QualityBody): ReadonlyMap<string, FieldMeasures> {
  return new Map(
    fields.map(({ field, filled, distinct, min_length, max_length, mean }) => [
      field,
      { records: filled.denominator, filled: filled.numerator, distinct, min_length, max_length, mean },
    ]),
  );
}

function scoresOf({ jobId, quality }: NonNullable<Input['previous']>): PreviousQuality {
  const dimensions = Object.fromEntries(Object.entries(quality.dimensions).map(([name, { score }]) => [name, score]));
  return { job_id: jobId, received_at: quality.received_at, overall: quality.overall, dimensions };
}

/** This stage sets nothing aside: what came in goes out. */
function passedOn(records: number): RowLedger {
  return { recordsIn: records, recordsOut: records, recordsQuarantined: 0, recordsMerged: 0, recordsDropped: 0, dropReasons: {} };
}
