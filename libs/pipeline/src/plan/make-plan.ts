import {
  AppError,
  ENGINE_VERSION,
  FINDING_KINDS,
  findEntity,
  type Detection,
  type Entity,
  type Finding,
  type FindingCode,
  type GivenMapping,
  type JobOptions,
  type Mapping,
  type Plan,
  type SampleProfile,
} from '@attune/core';
import { acceptMapping, explainUnsure, suggestMapping, type MappingQuestion } from '@attune/mapping';
import { findSynonyms } from '@attune/packs';
import { compileStandardizer, DEFAULT_NULL_TOKENS } from '@attune/standardize';
import { withDateOrder } from './date-order.js';

export interface PlanQuestion {
  readonly detection: Detection;
  readonly profile: SampleProfile;
  readonly options: JobOptions;
  /** The caller's mapping; without it one is suggested. */
  readonly given?: GivenMapping;
  /** RFC 3339 UTC. */
  readonly receivedAt: string;
}

export interface PlanAnswer {
  readonly plan: Plan;
  /** About the header and the columns that were carried; none of them quarantines. */
  readonly findings: readonly Finding[];
}

/** The entity that columns are mapped to while nobody says otherwise. */
const DEFAULT_ENTITY = 'person';
const QUARANTINE_LIMIT = 0.2;

function questionOf(detection: Detection, profile: SampleProfile, name: string): MappingQuestion {
  const entity = findEntity(name);
  const synonyms = findSynonyms(name);
  if (entity === undefined || synonyms === undefined) {
    const errors = [{ pointer: '/entity', code: 'entity.unknown', message: 'There is no such entity.' }];
    throw new AppError('mapping_invalid', 'The mapping is for an entity that does not exist.', { errors });
  }
  return { entity, synonyms, columns: detection.columns, profile };
}

/** Every name of the mapping is looked up here, so that it cannot fail at record four million. Throws `plan.unresolved` or `mapping_invalid`. */
function resolve(mapping: Mapping, entity: Entity, given: GivenMapping | undefined): void {
  for (const { field, standardizer, options } of mapping.fields) {
    const { produces } = compileStandardizer(standardizer, options);
    if (produces === entity.fields.find(({ name }) => name === field)?.type) continue;
    const at = given?.fields.findIndex((named) => named.field === field) ?? -1;
    const errors = [
      {
        pointer: `/fields/${at}/standardizer`,
        code: 'standardizer.type',
        message: 'The standardizer makes values of another type than the field.',
      },
    ];
    throw new AppError('mapping_invalid', `The standardizer of field ${field} does not make values of its type.`, { errors });
  }
}

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

/** A column that the caller has put among the carried ones is decided; every other carried one is unsure. */
function unsureFindings(mapping: Mapping, question: MappingQuestion, given: GivenMapping | undefined): readonly Finding[] {
  const decided = new Set(given?.carried?.map((column) => column.ordinal));
  return explainUnsure(mapping, question)
    .filter(({ column }) => !decided.has(column.ordinal))
    .map(({ column, field }) =>
      findingOf('mapping.unsure', { column: column.ordinal, ...(field || column.name ? { field: field ?? column.name } : {}) }),
    );
}

/** From what inspect found to everything the transform needs: the same arguments give the same plan. */
export function makePlan({ detection, profile, options, given, receivedAt }: PlanQuestion): PlanAnswer {
  const question = questionOf(detection, profile, given?.entity ?? DEFAULT_ENTITY);
  const asked = given === undefined ? suggestMapping(question) : acceptMapping(given, question.entity, question.columns);
  const mapping: Mapping = { ...asked, fields: asked.fields.map((field) => withDateOrder(field, profile)) };
  resolve(mapping, question.entity, given);
  const plan: Plan = {
    version: 1,
    mapping,
    container: detection.container,
    encoding: detection.encoding,
    dialect: detection.dialect,
    layout: detection.layout,
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
  return { plan, findings: [...headerFindings(detection), ...unsureFindings(mapping, question, given)] };
}
