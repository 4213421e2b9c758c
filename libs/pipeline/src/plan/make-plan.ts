import { ENGINE_VERSION, FINDING_KINDS, type Detection, type Finding, type FindingCode, type JobOptions, type Plan } from '@attune/core';
import { DEFAULT_NULL_TOKENS } from '@attune/standardize';
import { decideMapping, type MappingDecision, type MappingDecisionQuestion } from './decide-mapping.js';

export interface PlanQuestion extends MappingDecisionQuestion {
  readonly detection: Detection;
  readonly options: JobOptions;
  /** RFC 3339 UTC. */
  readonly receivedAt: string;
}

export interface PlanAnswer {
  readonly plan: Plan;
  /** About the header and the columns that were carried; none of them quarantines. */
  readonly findings: readonly Finding[];
  readonly decision: MappingDecision;
}

const QUARANTINE_LIMIT = 0.2;

const findingOf = (code: FindingCode, place: Pick<Finding, 'column' | 'field'>): Finding => ({
  code,
  severity: FINDING_KINDS[code].severity,
  member: '',
  ...place,
});

function headerFindings(detection: Detection): readonly Finding[] {
  return detection.header_findings.map(({ code, ordinal }) => {
    const name = detection.columns.find((column) => column.ordinal === ordinal)?.name;
    return findingOf(code, { ...(ordinal === undefined ? {} : { column: ordinal }), ...(name ? { field: name } : {}) });
  });
}

/** Columns whose meaning is not sure, and columns that no longer hold what was accepted of them. */
function mappingFindings({ unsure, misfits }: MappingDecision): readonly Finding[] {
  return [
    ...unsure.map(({ column, field }) =>
      findingOf('mapping.unsure', { column: column.ordinal, ...(field || column.name ? { field: field ?? column.name } : {}) }),
    ),
    ...misfits.map(({ column, field }) => findingOf('profile.drift', { column: column.ordinal, field })),
  ];
}

/** From what inspect found to everything the transform needs: the same arguments give the same plan. */
export function makePlan({ options, receivedAt, detection, ...rest }: PlanQuestion): PlanAnswer {
  const decision = decideMapping({ detection, ...rest });
  const { mapping } = decision;
  const plan: Plan = {
    version: 1,
    mapping,
    container: detection.container,
    encoding: detection.encoding,
    format: detection.format,
    dialect: detection.dialect,
    layout: detection.layout,
    json: detection.json,
    table: detection.table,
    columns: detection.columns,
    null_tokens: [...DEFAULT_NULL_TOKENS],
    comments: options.text?.comments ?? null,
    trailers: options.text?.trailers ?? null,
    // Which fields a record cannot do without is for the receiver to say; a guess here would set good records aside.
    required: mapping.fields.filter(({ required }) => required).map(({ field }) => field),
    quarantine_limit: QUARANTINE_LIMIT,
    options: {
      remove_duplicates: options.remove_duplicates,
      standardize_fields: options.standardize_fields,
      validate_schema: options.validate_schema,
      output_formats: [...options.output_formats],
    },
    received_at: receivedAt,
    engine_version: ENGINE_VERSION,
  };
  return { plan, findings: [...headerFindings(detection), ...mappingFindings(decision)], decision };
}
