import {
  AppError,
  type Entity,
  type ErrorPlace,
  type FieldMapping,
  type GivenMapping,
  type Mapping,
  type SourceColumn,
} from '@attune/core';
import { columnsOf as columnsNamedIn, parseColumnExpression, parseExpression } from '@attune/expression';

type Given = GivenMapping['fields'][number];

/** Between the values of several columns, where the caller says nothing else. */
const DEFAULT_JOIN = ' ';

/** As many columns as a field may have. */
const MOST_COLUMNS = 16;

/** Collects what is wrong with a document, each with its place; texts hold names of fields and ordinals, never values. */
class Complaints {
  readonly places: ErrorPlace[] = [];
  readonly #fields = new Set<string>();
  readonly #mapped = new Set<number>();

  constructor(
    private readonly entity: Entity,
    private readonly columns: ReadonlyMap<number, SourceColumn>,
  ) {}

  add(pointer: string, code: string, message: string): void {
    this.places.push({ pointer, code, message });
  }

  field(given: Given, pointer: string): void {
    const { field, from } = given;
    if (!this.entity.fields.some(({ name }) => name === field))
      this.add(`${pointer}/field`, 'field.unknown', 'The entity has no such field.');
    else if (this.#fields.has(field)) this.add(`${pointer}/field`, 'field.repeated', 'The field is mapped twice.');
    this.#fields.add(field);
    const own = new Set<number>();
    from.forEach((source, at) => {
      this.#column(source, `${pointer}/from/${at}`, own);
      this.#mapped.add(source.ordinal);
    });
    if (given.expression === undefined) this.#members(given, pointer);
    else this.#expression(given, given.expression, pointer);
  }

  /** A column that is carried is in no field. */
  carried(columns: readonly SourceColumn[]): void {
    const carried = new Set<number>();
    columns.forEach((source, at) => {
      if (this.#mapped.has(source.ordinal)) {
        this.add(`/carried/${at}/ordinal`, 'column.repeated', 'The column is mapped and carried.');
        return;
      }
      this.#column(source, `/carried/${at}`, carried);
    });
  }

  #column(source: SourceColumn, pointer: string, seen: Set<number>): void {
    const known = this.columns.get(source.ordinal);
    if (known === undefined) this.add(`${pointer}/ordinal`, 'column.unknown', 'The data has no column with this ordinal.');
    else if (seen.has(source.ordinal)) this.add(`${pointer}/ordinal`, 'column.repeated', 'The column is used twice.');
    else if (source.name !== '' && source.name.trim() !== known.name.trim())
      this.add(`${pointer}/name`, 'column.name', 'The column has another name in the data.');
    seen.add(source.ordinal);
  }

  #expression(given: Given, expression: string, pointer: string): void {
    for (const member of ['join', 'part', 'constant', 'values'] as const)
      if (given[member] !== undefined)
        this.add(
          `${pointer}/${member}`,
          'expression.alone',
          'An expression makes the value by itself, without join, part, values or constant.',
        );
    const named = this.#columnsOf(expression, `${pointer}/expression`);
    if (named === undefined) return;
    named.forEach(({ ordinal }) => this.#mapped.add(ordinal));
    if (named.length === 0)
      this.add(`${pointer}/expression`, 'expression.columns', 'The expression names no column; a value for every record is a constant.');
    if (named.length > MOST_COLUMNS)
      this.add(`${pointer}/expression`, 'expression.columns', `The expression names more than ${MOST_COLUMNS} columns.`);
    const listed = new Set(given.from.map(({ ordinal }) => ordinal));
    if (listed.size > 0 && (listed.size !== named.length || named.some(({ ordinal }) => !listed.has(ordinal))))
      this.add(`${pointer}/from`, 'expression.columns', 'These are not the columns that the expression names; they may be left out.');
  }

  /** The columns that a text names; undefined, and a complaint with the place in the text, where it is no expression over the columns. */
  #columnsOf(expression: string, pointer: string): readonly SourceColumn[] | undefined {
    try {
      return parseColumnExpression(expression, [...this.columns.values()]).columns;
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      const [place] = error.errors;
      this.add(pointer, place?.code ?? error.code, place?.message ?? error.detail);
      return undefined;
    }
  }

  /** Which members of a field go together. */
  #members({ from, join, part, constant, values }: Given, pointer: string): void {
    if (constant !== undefined && from.length > 0)
      this.add(`${pointer}/constant`, 'constant.columns', 'A constant goes with an empty list of columns only.');
    if (constant === undefined && from.length === 0)
      this.add(`${pointer}/from`, 'from.empty', 'A field needs columns, or a constant without any.');
    if (join !== undefined && from.length < 2)
      this.add(`${pointer}/join`, 'join.single', 'There is something to join only where there are several columns.');
    if (from.length === 0 && part !== undefined) this.add(`${pointer}/part`, 'part.constant', 'A part is taken of the values of columns.');
    if (from.length === 0 && values !== undefined)
      this.add(`${pointer}/values`, 'values.constant', 'Values of columns are translated, a constant is not.');
    if (Object.keys(values ?? {}).some((received) => received === '' || received !== received.trim()))
      this.add(`${pointer}/values`, 'values.untrimmed', 'Received values are compared trimmed, and an empty one is no value.');
  }
}

/**
 * The caller's document as a whole mapping: standardizers default to those of the fields, columns it does not name are carried,
 * several columns are joined by a blank, and the columns of an expression are those that it names. One column may feed several fields.
 * Throws `mapping_invalid` with one place per fault when it does not fit the entity or the columns.
 */
export function acceptMapping(given: GivenMapping, entity: Entity, columns: readonly SourceColumn[]): Mapping {
  const known = new Map(columns.map((column) => [column.ordinal, column]));
  const complaints = new Complaints(entity, known);
  if (given.entity !== entity.name) complaints.add('/entity', 'entity.mismatch', `The mapping must be for entity ${entity.name}.`);
  given.fields.forEach((field, at) => complaints.field(field, `/fields/${at}`));
  complaints.carried(given.carried ?? []);
  if (complaints.places.length > 0)
    throw new AppError('mapping_invalid', 'The mapping does not fit the data.', { errors: complaints.places });
  const accepted = (field: Given): FieldMapping => ({
    ...field,
    from: sourcesOf(field, columns).map((source) => known.get(source.ordinal)!),
    ...(field.from.length > 1 && field.expression === undefined ? { join: field.join ?? DEFAULT_JOIN } : {}),
    standardizer: field.standardizer ?? entity.fields.find((candidate) => candidate.name === field.field)!.standardizer,
    reasons: field.reasons.length === 0 ? ['Given by the caller.'] : field.reasons,
  });
  const byField = new Map(given.fields.map((field) => [field.field, field]));
  const fields = entity.fields.flatMap(({ name }) => byField.get(name) ?? []).map(accepted);
  const used = new Set(fields.flatMap((field) => field.from.map((source) => source.ordinal)));
  const carried = columns.filter((column) => !used.has(column.ordinal));
  return { version: 1, entity: entity.name, fields, carried, ...(given.reasons === undefined ? {} : { reasons: given.reasons }) };
}

/** An expression says its columns itself, in the order of first use. */
const sourcesOf = ({ from, expression }: Given, columns: readonly SourceColumn[]): readonly SourceColumn[] =>
  expression === undefined ? from : parseColumnExpression(expression, columns).columns;

/** What an expression names; nothing where it is none, which is for `acceptMapping` to say. */
function namedIn(expression: string): readonly (string | number)[] {
  try {
    return columnsNamedIn(parseExpression(expression));
  } catch (error) {
    if (error instanceof AppError) return [];
    throw error;
  }
}

/**
 * The columns that a document speaks of, in order; for a document without data. The first name of an ordinal counts; columns that only
 * an expression names get ordinals behind all others.
 */
export function columnsOf(given: GivenMapping): readonly SourceColumn[] {
  const columns = new Map<number, SourceColumn>();
  const named = given.fields.flatMap(({ expression }) => (expression === undefined ? [] : namedIn(expression)));
  const ordinals = named.filter((name) => typeof name === 'number').map((ordinal): SourceColumn => ({ ordinal, name: '' }));
  for (const column of [...given.fields.flatMap(({ from }) => from), ...(given.carried ?? []), ...ordinals]) {
    const known = columns.get(column.ordinal);
    if (known === undefined || known.name === '') columns.set(column.ordinal, column);
  }
  for (const name of named)
    if (typeof name === 'string' && ![...columns.values()].some((column) => column.name.trim() === name)) {
      const ordinal = Math.max(-1, ...columns.keys()) + 1;
      columns.set(ordinal, { ordinal, name });
    }
  return [...columns.values()].toSorted((a, b) => a.ordinal - b.ordinal);
}
