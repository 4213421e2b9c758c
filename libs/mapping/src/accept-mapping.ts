import {
  AppError,
  type Entity,
  type ErrorPlace,
  type FieldMapping,
  type GivenMapping,
  type Mapping,
  type SourceColumn,
} from '@attune/core';

type Given = GivenMapping['fields'][number];

/** Collects what is wrong with a document, each with its place; texts hold names of fields and ordinals, never values. */
class Complaints {
  readonly places: ErrorPlace[] = [];
  readonly #fields = new Set<string>();
  readonly #ordinals = new Set<number>();

  constructor(
    private readonly entity: Entity,
    private readonly columns: ReadonlyMap<number, SourceColumn>,
  ) {}

  add(pointer: string, code: string, message: string): void {
    this.places.push({ pointer, code, message });
  }

  field(name: string, pointer: string): void {
    if (!this.entity.fields.some((field) => field.name === name)) this.add(pointer, 'field.unknown', 'The entity has no such field.');
    else if (this.#fields.has(name)) this.add(pointer, 'field.repeated', 'The field is mapped twice.');
    this.#fields.add(name);
  }

  column(source: SourceColumn, pointer: string): void {
    const known = this.columns.get(source.ordinal);
    if (known === undefined) this.add(`${pointer}/ordinal`, 'column.unknown', 'The data has no column with this ordinal.');
    else if (this.#ordinals.has(source.ordinal)) this.add(`${pointer}/ordinal`, 'column.repeated', 'The column is used twice.');
    else if (source.name !== '' && source.name.trim() !== known.name.trim())
      this.add(`${pointer}/name`, 'column.name', 'The column has another name in the data.');
    this.#ordinals.add(source.ordinal);
  }
}

/**
 * The caller's document as a whole mapping: standardizers default to those of the fields, columns it does not name are carried.
 * Throws `mapping_invalid` with one place per fault when it does not fit the entity or the columns.
 */
export function acceptMapping(given: GivenMapping, entity: Entity, columns: readonly SourceColumn[]): Mapping {
  const known = new Map(columns.map((column) => [column.ordinal, column]));
  const complaints = new Complaints(entity, known);
  if (given.entity !== entity.name) complaints.add('/entity', 'entity.mismatch', `The mapping must be for entity ${entity.name}.`);
  given.fields.forEach((field, at) => {
    complaints.field(field.field, `/fields/${at}/field`);
    field.from.forEach((source, of) => complaints.column(source, `/fields/${at}/from/${of}`));
  });
  (given.carried ?? []).forEach((source, at) => complaints.column(source, `/carried/${at}`));
  if (complaints.places.length > 0)
    throw new AppError('mapping_invalid', 'The mapping does not fit the data.', { errors: complaints.places });
  const used = new Set(given.fields.flatMap((field) => field.from.map((source) => source.ordinal)));
  const accepted = (field: Given): FieldMapping => ({
    ...field,
    from: field.from.map((source) => known.get(source.ordinal)!),
    standardizer: field.standardizer ?? entity.fields.find((candidate) => candidate.name === field.field)!.standardizer,
    reasons: field.reasons.length === 0 ? ['Given by the caller.'] : field.reasons,
  });
  const byField = new Map(given.fields.map((field) => [field.field, field]));
  const fields = entity.fields.flatMap(({ name }) => byField.get(name) ?? []).map(accepted);
  return { version: 1, entity: entity.name, fields, carried: columns.filter((column) => !used.has(column.ordinal)) };
}
