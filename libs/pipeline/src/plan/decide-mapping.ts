import { AppError, entities, findEntity, GivenMapping, type Detection, type Entity, type Mapping, type SampleProfile } from '@attune/core';
import {
  acceptMapping,
  chooseEntity,
  columnsOf,
  explainUnsure,
  findMisfits,
  suggest,
  withoutSynonyms,
  type EntityScore,
  type MappingQuestion,
  type Misfit,
  type Unsure,
} from '@attune/mapping';
import { findSynonyms } from '@attune/packs';
import { compileStandardizer } from '@attune/standardize';
import { withCanonicalConstants } from './canonical-constant.js';
import { withDateOrder } from './date-order.js';

export interface MappingDecisionQuestion {
  readonly detection: Pick<Detection, 'columns'>;
  readonly profile: SampleProfile;
  /** The caller's mapping: it is obeyed. */
  readonly given?: GivenMapping;
  /** What a person has accepted before for the same columns; counts where the caller gives nothing. */
  readonly remembered?: GivenMapping;
  /** What a record is, where the caller knows. */
  readonly entity?: string;
  /** Name of the file as received. */
  readonly fileName?: string;
}

export interface MappingDecision {
  readonly entity: Entity;
  readonly mapping: Mapping;
  readonly decidedBy: 'caller' | 'memory' | 'suggestion';
  /** Carried columns that nobody has decided to carry. */
  readonly unsure: readonly Unsure[];
  /** Columns whose values speak against what was accepted before. */
  readonly misfits: readonly Misfit[];
  /** Entities by how well they explain the table, best first; empty where the entity was named. */
  readonly scores: readonly EntityScore[];
}

const REMEMBERED = 'Accepted before for the same columns.';

function unknownEntity(): AppError {
  const errors = [{ pointer: '/entity', code: 'entity.unknown', message: 'There is no such entity.' }];
  return new AppError('mapping_invalid', 'The mapping is for an entity that does not exist.', { errors });
}

function questionOf({ detection, profile }: MappingDecisionQuestion, name: string): MappingQuestion {
  const entity = findEntity(name);
  if (entity === undefined) throw unknownEntity();
  const synonyms = findSynonyms(name) ?? withoutSynonyms(name);
  return { entity, synonyms, columns: detection.columns, profile };
}

/** Every name of the mapping is looked up here, so that it cannot fail at record four million. Throws `plan.unresolved` or `mapping_invalid`. */
function resolve(mapping: Mapping, entity: Entity, pointerOf: (field: string) => string): Mapping {
  const errors = mapping.fields.flatMap(({ field, standardizer, options }) => {
    const { produces } = compileStandardizer(standardizer, options);
    if (produces === entity.fields.find(({ name }) => name === field)?.type) return [];
    const message = 'The standardizer makes values of another type than the field.';
    return [{ pointer: `${pointerOf(field)}/standardizer`, code: 'standardizer.type', message }];
  });
  if (errors.length > 0) throw new AppError('mapping_invalid', 'A standardizer does not make values of the type of its field.', { errors });
  return { ...mapping, fields: withCanonicalConstants(mapping.fields, pointerOf) };
}

function accepted(given: GivenMapping, question: MappingQuestion): Mapping {
  const asked = acceptMapping(given, question.entity, question.columns);
  const mapping = { ...asked, fields: asked.fields.map((field) => withDateOrder(field, question.profile)) };
  return resolve(mapping, question.entity, (field) => `/fields/${given.fields.findIndex((named) => named.field === field)}`);
}

function byCaller(given: GivenMapping, asked: MappingDecisionQuestion): MappingDecision {
  const question = questionOf(asked, given.entity);
  const mapping = accepted(given, question);
  const decided = new Set(given.carried?.map(({ ordinal }) => ordinal));
  const unsure = explainUnsure(mapping, question).filter(({ column }) => !decided.has(column.ordinal));
  return { entity: question.entity, mapping, decidedBy: 'caller', unsure, misfits: [], scores: [] };
}

/** Undefined where what was accepted no longer fits the entities of this version: then it is as if nobody had. */
function byMemory(remembered: GivenMapping, asked: MappingDecisionQuestion): MappingDecision | undefined {
  const given = { ...remembered, fields: remembered.fields.map((field) => ({ ...field, reasons: [REMEMBERED] })) };
  try {
    const question = questionOf(asked, given.entity);
    const mapping = accepted(given, question);
    const misfits = findMisfits(mapping, question.entity, asked.profile);
    return { entity: question.entity, mapping, decidedBy: 'memory', unsure: [], misfits, scores: [] };
  } catch (error) {
    if (error instanceof AppError && (error.code === 'mapping_invalid' || error.code === 'plan.unresolved')) return undefined;
    throw error;
  }
}

function bySuggestion(asked: MappingDecisionQuestion): MappingDecision {
  const candidates = entities.flatMap((entity) => {
    const synonyms = findSynonyms(entity.name);
    return synonyms === undefined ? [] : [{ entity, synonyms }];
  });
  const { detection, profile, fileName } = asked;
  const named = asked.entity === undefined ? undefined : questionOf(asked, asked.entity);
  const choice = named
    ? { suggestion: suggest(named), question: named, scores: [] }
    : chooseEntity({ candidates, columns: detection.columns, profile, ...(fileName === undefined ? {} : { fileName }) });
  const { mapping, unsure } = choice.suggestion;
  const { entity } = choice.question;
  const ordered = { ...mapping, fields: mapping.fields.map((field) => withDateOrder(field, profile)) };
  return {
    entity,
    mapping: resolve(ordered, entity, (field) => `/fields/${ordered.fields.findIndex((named) => named.field === field)}`),
    decidedBy: 'suggestion',
    unsure,
    misfits: [],
    scores: choice.scores,
  };
}

/** Which column is which field: as the caller says, else as was accepted before, else as names and values suggest. The same arguments decide the same. */
export function decideMapping(asked: MappingDecisionQuestion): MappingDecision {
  if (asked.given !== undefined) return byCaller(asked.given, asked);
  const memory = asked.remembered === undefined ? undefined : byMemory(asked.remembered, asked);
  return memory ?? bySuggestion(asked);
}

/**
 * Checks a document that is kept without data: entity, fields, standardizers, constants, and how its members go together.
 * Throws `mapping_invalid` or `plan.unresolved`.
 */
export function checkMapping(document: GivenMapping): void {
  const question = questionOf({ detection: { columns: [...columnsOf(document)] }, profile: { records: 0, columns: [] } }, document.entity);
  const mapping = acceptMapping(document, question.entity, question.columns);
  resolve(mapping, question.entity, (field) => `/fields/${document.fields.findIndex((named) => named.field === field)}`);
}
