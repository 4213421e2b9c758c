import type { FieldMapping, Mapping, SourceColumn } from '@attune/core';
import { assessColumns, AUTO_APPLY, type MappingQuestion } from './assess-columns.js';
import type { Assessment } from './assessment.js';
import { splitWholeName } from './whole-name.js';

/** Why a column was carried, and what it might have been. */
export interface Unsure {
  readonly column: SourceColumn;
  /** The best guess, where there was one. */
  readonly field?: string;
  readonly confidence: number;
  readonly reasons: readonly string[];
}

export interface Suggestion {
  readonly mapping: Mapping;
  /** One entry per carried column, in source order. */
  readonly unsure: readonly Unsure[];
}

/** Two columns are equally good when their confidence is equal, or when they differ only by the words around the same name. */
const ties = (a: Assessment, b: Assessment): boolean =>
  a.confidence === b.confidence || (a.name!.key === b.name!.key && a.name!.choice !== 'second' && b.name!.choice !== 'second');

/** The best column of a field; none when two are equally good. */
function winner(candidates: readonly Assessment[]): { readonly best?: Assessment; readonly lost: string } {
  const applicable = candidates.filter((candidate) => candidate.confidence >= AUTO_APPLY);
  // A column without a value never stands in the way of one that has values.
  const filled = applicable.filter(({ empty }) => !empty);
  const sure = (filled.length > 0 ? filled : applicable).toSorted((a, b) => b.confidence - a.confidence);
  const best = sure[0];
  if (best === undefined) return { lost: '' };
  if (sure.slice(1).some((other) => ties(best, other))) return { lost: 'Several columns are equally good for the field.' };
  return { best, lost: 'Another column is better for the field.' };
}

/** Suggests the mapping, and says of every carried column why it was not applied. Depends on its arguments alone. */
export function suggest(question: MappingQuestion): Suggestion {
  const all = assessColumns(question);
  const fields: FieldMapping[] = [];
  const applied = new Set<number>();
  const remarks = new Map<string, string>();
  for (const field of question.entity.fields) {
    const candidates = all.filter(({ name }) => name?.field === field.name);
    const { best, lost } = winner(candidates);
    remarks.set(field.name, lost);
    if (best === undefined) continue;
    applied.add(best.column.ordinal);
    const { confidence, reasons } = best;
    fields.push({
      field: field.name,
      from: [best.column],
      standardizer: field.standardizer,
      options: {},
      confidence,
      reasons: [...reasons],
    });
  }
  for (const part of splitWholeName(all, fields, question)) {
    applied.add(part.from[0]!.ordinal);
    fields.push(part);
  }
  const rest = all.filter(({ column }) => !applied.has(column.ordinal));
  const unsure = rest.map(({ column, name, confidence, reasons }): Unsure => {
    if (name === undefined) return { column, confidence, reasons };
    const remark = confidence >= AUTO_APPLY ? remarks.get(name.field) : undefined;
    return { column, field: name.field, confidence, reasons: remark ? [...reasons, remark] : reasons };
  });
  const places = new Map(question.entity.fields.map(({ name }, at) => [name, at]));
  fields.sort((a, b) => places.get(a.field)! - places.get(b.field)!);
  return { mapping: { version: 1, entity: question.entity.name, fields, carried: rest.map(({ column }) => column) }, unsure };
}

/** Every column in one of `fields[].from` and `carried`, every field at most once, only what is sure applied; a column feeds two fields only as a whole name. */
export function suggestMapping(question: MappingQuestion): Mapping {
  return suggest(question).mapping;
}

/** For each carried column of a mapping, ours or given: the best guess and the reason it was not applied. */
export function explainUnsure(mapping: Mapping, question: MappingQuestion): readonly Unsure[] {
  const ours = suggest(question);
  const known = new Map(ours.unsure.map((unsure) => [unsure.column.ordinal, unsure]));
  const notNamed = 'The given mapping does not name the column.';
  for (const { field, from, confidence, reasons } of ours.mapping.fields) {
    const column = from[0]!;
    known.set(column.ordinal, { column, field, confidence, reasons: [...reasons, notNamed] });
  }
  return mapping.carried.map((column) => known.get(column.ordinal) ?? { column, confidence: 0, reasons: [notNamed] });
}
