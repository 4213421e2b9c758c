import { Fault } from '../expression-fault.js';
import { DECIMAL_UNIT, MAX_NUMBER } from '../limits.js';
import { dayNumber } from '../syntax/calendar.js';
import type { Expression, Literal } from '../syntax/expression.js';
import { FUNCTIONS, usageOf, type Parameter, type Signature } from './functions.js';
import { refuseGrowth } from './growth.js';
import type { CheckedExpression, ExpressionType, Operation, Reference, Typed, TypedLiteral } from './typed.js';
import { typeOfValue } from './typed.js';

/** Finds what a name or an ordinal refers to; throws a Fault where there is nothing or more than one. */
export type Resolve = (name: Extract<Expression, { kind: 'column' | 'ordinal' | 'field' }>) => Reference;

/** A part while it is checked: null fits every type until a place asks for one. */
type Part = Typed | { readonly kind: 'null'; readonly type: 'null'; readonly at: number };

const COMPARED: Readonly<Record<string, Operation>> = { '=': 'eq', '!=': 'ne', '<': 'lt', '<=': 'le', '>': 'gt', '>=': 'ge' };
const CALCULATED: Readonly<Record<string, Operation>> = { '+': 'add', '-': 'subtract', '*': 'multiply', '/': 'divide' };

const NAMES: Readonly<Record<ExpressionType | 'null', string>> = {
  text: 'a text',
  integer: 'a whole number',
  decimal: 'a number',
  boolean: 'true or false',
  date: 'a date',
  timestamp: 'a timestamp',
  null: 'null',
};

const HINTS: Readonly<Partial<Record<`${ExpressionType | 'null'} for ${ExpressionType}`, string>>> = {
  'text for decimal': '; number(…) reads one',
  'text for integer': '; integer(…) reads one',
  'text for date': '; date(…) reads one, and a date is written 2020-01-31 without quotes',
  'timestamp for date': '; date(…) takes it',
  'decimal for integer': '; round(…) makes one',
  'date for text': '; text(…) makes one',
  'integer for text': '; text(…) makes one',
  'decimal for text': '; text(…) makes one',
};

const mismatch = ({ at, type }: Part, wanted: ExpressionType): Fault =>
  new Fault('expression.type', at, `expected ${NAMES[wanted]}, this is ${NAMES[type]}${HINTS[`${type} for ${wanted}`] ?? ''}.`);

const isNumber = (type: string): boolean => type === 'integer' || type === 'decimal';

class Checker {
  readonly references: Reference[] = [];

  constructor(private readonly resolve: Resolve) {}

  part(expression: Expression): Part {
    const { at } = expression;
    switch (expression.kind) {
      case 'null':
        return { kind: 'null', type: 'null', at };
      case 'text':
      case 'integer':
      case 'decimal':
      case 'boolean':
      case 'date':
        return literal(expression);
      case 'column':
      case 'ordinal':
      case 'field':
        return this.#reference(expression);
      case 'not':
        return this.#apply(at, 'not', 'boolean', [this.#as(expression.operand, 'boolean')]);
      case 'and':
      case 'or':
        return this.#apply(
          at,
          expression.kind,
          'boolean',
          expression.operands.map((operand) => this.#as(operand, 'boolean')),
        );
      case 'minus':
        return this.#minus(expression);
      case 'calculate':
        return this.#calculate(expression);
      case 'compare':
        return this.#compare(expression);
      case 'if':
        return this.#choice(expression);
      case 'is-null':
        return this.#negated(expression, this.#apply(at, 'is_null', 'boolean', [settled(this.part(expression.operand))]));
      case 'in':
        return this.#negated(expression, this.#isIn(expression));
      case 'between':
        return this.#negated(expression, this.#isBetween(expression));
      case 'call':
        return this.#call(expression);
    }
  }

  #as(expression: Expression, type: ExpressionType): Typed {
    return coerced(this.part(expression), type);
  }

  #apply(at: number, operation: Operation, type: ExpressionType, args: readonly Typed[]): Typed {
    return { kind: 'operation', type, at, operation, args };
  }

  #negated({ at, negated }: { readonly at: number; readonly negated: boolean }, judged: Typed): Typed {
    return negated ? this.#apply(at, 'not', 'boolean', [judged]) : judged;
  }

  #reference(expression: Extract<Expression, { kind: 'column' | 'ordinal' | 'field' }>): Typed {
    const found = this.resolve(expression);
    let index = this.references.findIndex(({ name, ordinal }) => name === found.name && ordinal === found.ordinal);
    if (index < 0) index = this.references.push(found) - 1;
    return { kind: 'reference', type: typeOfValue(found.holds), at: expression.at, index };
  }

  #minus({ at, operand }: { readonly at: number; readonly operand: Expression }): Typed {
    const part = settled(this.part(operand), 'integer');
    return isNumber(part.type)
      ? this.#apply(at, 'negate', part.type, [part])
      : this.#apply(at, 'negate', 'decimal', [coerced(part, 'decimal')]);
  }

  #calculate({ at, operator, left, right }: Extract<Expression, { kind: 'calculate' }>): Typed {
    const parts = [this.part(left), this.part(right)];
    const whole = parts.every(({ type }) => type === 'integer' || type === 'null');
    const operation = CALCULATED[operator]!;
    const args = parts.map((part) => coerced(part, whole ? 'integer' : 'decimal'));
    return this.#apply(at, operation, whole && operation !== 'divide' ? 'integer' : 'decimal', args);
  }

  #compare({ at, operator, left, right }: Extract<Expression, { kind: 'compare' }>): Typed {
    const args = comparable([this.part(left), this.part(right)]);
    const { type } = args[0]!;
    if (type === 'boolean' && operator !== '=' && operator !== '!=')
      throw new Fault('expression.type', at, 'true and false are compared by = and != only.');
    return this.#apply(at, COMPARED[operator]!, 'boolean', args);
  }

  #choice({ at, condition, yes, no }: Extract<Expression, { kind: 'if' }>): Part {
    const judged = this.#as(condition, 'boolean');
    const parts = [this.part(yes), no === undefined ? ({ kind: 'null', type: 'null', at } as const) : this.part(no)];
    if (parts.every(({ type }) => type === 'null')) return { kind: 'null', type: 'null', at };
    const args = unified(parts);
    return this.#apply(at, 'if', args[0]!.type, [judged, ...args]);
  }

  #isIn({ at, operand, items }: Extract<Expression, { kind: 'in' }>): Typed {
    const nothing = items.find(({ kind }) => kind === 'null');
    if (nothing !== undefined) throw new Fault('expression.type', nothing.at, 'null is in no list; ask with is null.');
    return this.#apply(at, 'in', 'boolean', comparable([this.part(operand), ...items.map((item) => this.part(item))]));
  }

  #isBetween({ at, operand, low, high }: Extract<Expression, { kind: 'between' }>): Typed {
    const args = comparable([this.part(operand), this.part(low), this.part(high)]);
    if (args[0]!.type === 'boolean') throw new Fault('expression.type', at, 'true and false are compared by = and != only.');
    return this.#apply(at, 'between', 'boolean', args);
  }

  #call({ at, name, args }: Extract<Expression, { kind: 'call' }>): Part {
    const definition = FUNCTIONS.find((candidate) => candidate.name === name);
    if (definition === undefined) throw new Fault('expression.unknown', at, 'there is no such function.');
    const taken = args.map((arg) => this.part(arg));
    const fits = definition.signatures.filter(
      ({ takes, repeats }) => taken.length === takes.length || (repeats === true && taken.length > takes.length),
    );
    if (fits.length === 0) {
      const usages = definition.signatures.map((signature) => usageOf(name, signature));
      throw new Fault('expression.type', at, `expected ${usages.join(' or ')}.`);
    }
    const chosen = fits.find((signature) => taken.every((part, i) => couldBe(part, parameterAt(signature, i)))) ?? fits[0]!;
    return this.#applied(at, chosen, taken);
  }

  #applied(at: number, signature: Signature, taken: readonly Part[]): Part {
    const { operation, gives } = signature;
    if (gives === 'same') {
      if (taken.every(({ type }) => type === 'null')) return { kind: 'null', type: 'null', at };
      const args = unified(taken);
      return this.#apply(at, operation, args[0]!.type, args);
    }
    const args = taken.map((part, i) => argument(part, parameterAt(signature, i)));
    return this.#apply(at, operation, gives, args);
  }
}

const parameterAt = ({ takes }: Signature, i: number): Parameter => takes[Math.min(i, takes.length - 1)]!;

function couldBe({ type }: Part, { type: wanted }: Parameter): boolean {
  return (
    wanted === 'any' ||
    wanted === 'same' ||
    wanted === 'textual' ||
    type === wanted ||
    type === 'null' ||
    (type === 'integer' && wanted === 'decimal')
  );
}

function argument(part: Part, { name, type, literal }: Parameter): Typed {
  if (literal === undefined) {
    if (type === 'any' || type === 'same') return settled(part);
    return type === 'textual' ? asText(part) : coerced(part, type);
  }
  const wanted = 'what' in literal ? literal.what : `a whole number from ${literal.least} to ${literal.most}, not 0`;
  const fault = new Fault('expression.type', part.at, `the ${name} must be written down: ${wanted}.`);
  if (part.kind !== 'literal' || part.type !== type || part.value === 0) throw fault;
  const fits =
    'what' in literal ? literal.allows(String(part.value)) : Number(part.value) >= literal.least && Number(part.value) <= literal.most;
  if (!fits) throw fault;
  return part;
}

function asText(part: Part): Typed {
  if (part.type === 'null' || part.type === 'text') return coerced(part, 'text');
  return { kind: 'operation', type: 'text', at: part.at, operation: 'to_text', args: [part] };
}

/** A null that nobody has asked a type of is a text. An empty text is null. */
const settled = (part: Part, type: ExpressionType = 'text'): Typed => coerced(part, part.type === 'null' ? type : part.type);

function coerced(part: Part, type: ExpressionType): Typed {
  if (part.kind === 'null') return { kind: 'literal', type, at: part.at, value: null };
  if (part.type === type) return part.kind === 'literal' && part.value === '' ? { ...part, value: null } : part;
  if (part.type !== 'integer' || type !== 'decimal') throw mismatch(part, type);
  if (part.kind !== 'literal' || typeof part.value !== 'number' || Math.abs(part.value * DECIMAL_UNIT) > MAX_NUMBER)
    return { kind: 'operation', type: 'decimal', at: part.at, operation: 'to_decimal', args: [part] };
  return { ...part, type: 'decimal', value: part.value * DECIMAL_UNIT };
}

/** One type for all: that of the first that has one; whole numbers next to decimal ones become decimal. */
function unified(parts: readonly Part[]): readonly Typed[] {
  const first = parts.find(({ type }) => type !== 'null')?.type ?? 'text';
  const type = isNumber(first) && parts.some((part) => part.type === 'decimal') ? 'decimal' : (first as ExpressionType);
  return parts.map((part) => coerced(part, type));
}

function comparable(parts: readonly Part[]): readonly Typed[] {
  const empty = parts.find((part) => part.kind === 'literal' && part.value === '');
  if (empty !== undefined) throw new Fault('expression.type', empty.at, 'an empty text is null; ask with is null.');
  const args = unified(parts);
  const timestamp = args.find(({ type }) => type === 'timestamp');
  if (timestamp !== undefined)
    throw new Fault('expression.type', timestamp.at, 'timestamps are not compared; compare their dates: date(…).');
  return args;
}

function literal(expression: Exclude<Literal, { kind: 'null' }>): TypedLiteral {
  const { kind, at, value } = expression;
  if (kind !== 'date') return { kind: 'literal', type: kind, at, value };
  const [year, month, day] = value.split('-').map(Number);
  return { kind: 'literal', type: 'date', at, value: dayNumber(year!, month!, day!) };
}

/** The expression with the types of all its parts. Throws a Fault where they do not fit, or where a text could grow without measure. */
export function checked(expression: Expression, resolve: Resolve, wanted?: ExpressionType): CheckedExpression {
  const checker = new Checker(resolve);
  const part = checker.part(expression);
  const root = wanted === undefined ? settled(part) : coerced(part, wanted);
  refuseGrowth(root);
  return { root, references: checker.references };
}
