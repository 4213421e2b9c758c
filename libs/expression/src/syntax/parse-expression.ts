import { Fault, locating } from '../expression-fault.js';
import { DECIMAL_PLACES, DECIMAL_UNIT, MAX_CHARACTERS, MAX_DEPTH, MAX_NODES, MAX_NUMBER } from '../limits.js';
import { isDay } from './calendar.js';
import { partsOf, type Arithmetic, type Comparison, type Expression, type Literal } from './expression.js';
import { tokensOf, type Token } from './tokens.js';

const COMPARISONS: readonly string[] = ['=', '!=', '<', '<=', '>', '>='];

/** Words that name no field. Upper and lower case are equal. */
export const KEYWORDS: readonly string[] = [...['and', 'or', 'not', 'if', 'then', 'else', 'is', 'null', 'in', 'between', 'true', 'false']];

/** Reads the tokens from left to right, one method per line of the grammar (docs/reference/expressions.md). */
class Parser {
  #next = 0;
  #nodes = 0;
  #nesting = 0;
  readonly #depths = new WeakMap<Expression, number>();

  constructor(private readonly tokens: readonly Token[]) {}

  whole(): Expression {
    const expression = this.#expression();
    if (this.#token.kind !== 'end') throw this.#expected('the end, or an operator such as = or and');
    return expression;
  }

  #expression(): Expression {
    if (++this.#nesting > MAX_DEPTH) throw this.#tooDeep();
    const expression = this.#isWord('if') ? this.#choice() : this.#logic('or', () => this.#logic('and', () => this.#negation()));
    this.#nesting--;
    return expression;
  }

  #choice(): Expression {
    const { at } = this.#take();
    const condition = this.#expression();
    this.#word('then');
    const yes = this.#expression();
    if (!this.#isWord('else')) return this.#made({ kind: 'if', at, condition, yes });
    this.#take();
    return this.#made({ kind: 'if', at, condition, yes, no: this.#expression() });
  }

  #logic(kind: 'and' | 'or', operand: () => Expression): Expression {
    const { at } = this.#token;
    const operands = [operand()];
    while (this.#isWord(kind)) {
      this.#take();
      operands.push(operand());
    }
    return operands.length === 1 ? operands[0]! : this.#made({ kind, at, operands });
  }

  #negation(): Expression {
    if (!this.#isWord('not')) return this.#comparison();
    if (++this.#nesting > MAX_DEPTH) throw this.#tooDeep();
    const { at } = this.#take();
    const negation = this.#made({ kind: 'not', at, operand: this.#negation() });
    this.#nesting--;
    return negation;
  }

  #comparison(): Expression {
    const left = this.#sum();
    const { at, kind, value } = this.#token;
    if (kind === 'sign' && COMPARISONS.includes(value)) {
      this.#take();
      return this.#made({ kind: 'compare', at, operator: value as Comparison, left, right: this.#sum() });
    }
    if (this.#isWord('is')) {
      this.#take();
      const negated = this.#optionalNot();
      this.#word('null');
      return this.#made({ kind: 'is-null', at, operand: left, negated });
    }
    const negated = this.#optionalNot();
    if (this.#isWord('in')) {
      this.#take();
      return this.#made({ kind: 'in', at, operand: left, items: this.#items(), negated });
    }
    if (this.#isWord('between')) {
      this.#take();
      const low = this.#sum();
      this.#word('and');
      return this.#made({ kind: 'between', at, operand: left, low, high: this.#sum(), negated });
    }
    if (negated) throw this.#expected('in or between');
    return left;
  }

  #items(): readonly Literal[] {
    this.#sign('(');
    const items: Literal[] = [];
    do items.push(this.#made(this.#item()));
    while (this.#comma());
    this.#sign(')');
    return items;
  }

  #item(): Literal {
    const negative = this.#isSign('-');
    if (negative) this.#take();
    const literal = negative && this.#token.kind !== 'number' ? undefined : this.#literal(negative);
    if (literal === undefined) throw this.#expected('a value written down, such as "M" or 12');
    return literal;
  }

  #sum(): Expression {
    return this.#chain(['+', '-'], () => this.#chain(['*', '/'], () => this.#factor()));
  }

  #chain(signs: readonly string[], operand: () => Expression): Expression {
    let left = operand();
    while (this.#token.kind === 'sign' && signs.includes(this.#token.value)) {
      const { at, value } = this.#take();
      left = this.#made({ kind: 'calculate', at, operator: value as Arithmetic, left, right: operand() });
    }
    return left;
  }

  #factor(): Expression {
    if (!this.#isSign('-')) return this.#primary();
    if (++this.#nesting > MAX_DEPTH) throw this.#tooDeep();
    const { at } = this.#take();
    const factor =
      this.#token.kind === 'number' ? this.#made(this.#literal(true)!) : this.#made({ kind: 'minus', at, operand: this.#factor() });
    this.#nesting--;
    return factor;
  }

  #primary(): Expression {
    const { at, kind, value } = this.#token;
    const literal = this.#literal(false);
    if (literal !== undefined) return this.#made(literal);
    if (kind === 'column') {
      this.#take();
      return this.#made({ kind: 'column', at, name: value });
    }
    if (kind === 'name' && !KEYWORDS.includes(value.toLowerCase())) return this.#named();
    if (!this.#isSign('(')) throw this.#expected('a value, a column, a field, a function or (');
    this.#take();
    const inner = this.#expression();
    this.#sign(')');
    return inner;
  }

  #named(): Expression {
    const { at, value } = this.#take();
    if (!this.#isSign('(')) return this.#made({ kind: 'field', at, name: value });
    this.#take();
    const name = value.toLowerCase();
    if (name === 'column') return this.#ordinal(at);
    const args: Expression[] = [];
    if (!this.#isSign(')')) {
      do args.push(this.#expression());
      while (this.#comma());
    }
    this.#sign(')');
    return this.#made({ kind: 'call', at, name, args });
  }

  #ordinal(at: number): Expression {
    const { kind, value } = this.#token;
    if (kind !== 'number' || !/^\d{1,6}$/.test(value)) throw this.#expected('the ordinal of a column, counted from 0');
    this.#take();
    this.#sign(')');
    return this.#made({ kind: 'ordinal', at, ordinal: Number(value) });
  }

  /** Undefined where the token begins no literal. */
  #literal(negative: boolean): Literal | undefined {
    const { at, kind, value } = this.#token;
    if (kind === 'number') return numberLiteral(this.#take(), negative);
    if (kind === 'date') {
      const [year, month, day] = value.split('-').map(Number);
      if (!isDay(year!, month!, day!)) throw new Fault('expression.syntax', at, 'the calendar has no such day.');
    }
    if (kind === 'text' || kind === 'date') {
      this.#take();
      return { kind, at, value };
    }
    const word = kind === 'name' ? value.toLowerCase() : '';
    if (word !== 'true' && word !== 'false' && word !== 'null') return undefined;
    this.#take();
    return word === 'null' ? { kind: 'null', at } : { kind: 'boolean', at, value: word === 'true' };
  }

  #optionalNot(): boolean {
    if (!this.#isWord('not')) return false;
    this.#take();
    return true;
  }

  #comma(): boolean {
    if (!this.#isSign(',')) return false;
    this.#take();
    return true;
  }

  #word(word: string): void {
    if (!this.#isWord(word)) throw this.#expected(word);
    this.#take();
  }

  #sign(sign: string): void {
    if (!this.#isSign(sign)) throw this.#expected(sign);
    this.#take();
  }

  #isWord(word: string): boolean {
    return this.#token.kind === 'name' && this.#token.value.toLowerCase() === word;
  }

  #isSign(sign: string): boolean {
    return this.#token.kind === 'sign' && this.#token.value === sign;
  }

  get #token(): Token {
    return this.tokens[this.#next]!;
  }

  #take(): Token {
    const token = this.#token;
    if (token.kind !== 'end') this.#next++;
    return token;
  }

  #expected(what: string): Fault {
    return new Fault('expression.syntax', this.#token.at, `expected ${what}.`);
  }

  #tooDeep(): Fault {
    return new Fault('expression.limit', this.#token.at, `an expression is at most ${MAX_DEPTH} levels deep.`);
  }

  #made<T extends Expression>(node: T): T {
    const depth = 1 + partsOf(node).reduce((deepest, part) => Math.max(deepest, this.#depths.get(part) ?? 1), 0);
    if (depth > MAX_DEPTH) throw this.#tooDeep();
    if (++this.#nodes > MAX_NODES) throw new Fault('expression.limit', node.at, `an expression has at most ${MAX_NODES} parts.`);
    this.#depths.set(node, depth);
    return node;
  }
}

function numberLiteral({ at, value }: Token, negative: boolean): Literal {
  const [whole = '', fraction] = value.split('.');
  if (fraction !== undefined && fraction.length > DECIMAL_PLACES)
    throw new Fault('expression.limit', at, `a number has at most ${DECIMAL_PLACES} digits behind the point.`);
  const digits = BigInt(whole + (fraction ?? '').padEnd(fraction === undefined ? 0 : DECIMAL_PLACES, '0'));
  if (digits > BigInt(MAX_NUMBER)) {
    const most =
      fraction === undefined ? 'a whole number has at most 15 digits' : 'a number with decimals has at most 9 digits before the point';
    throw new Fault('expression.limit', at, `${most}.`);
  }
  const size = Number(digits);
  return { kind: fraction === undefined ? 'integer' : 'decimal', at, value: negative && size !== 0 ? -size : size };
}

/** The decimal text of a number held in millionths. */
export function decimalText(millionths: number): string {
  const size = Math.abs(millionths);
  const fraction = String(size % DECIMAL_UNIT)
    .padStart(DECIMAL_PLACES, '0')
    .replace(/0+$/, '');
  const sign = millionths < 0 ? '-' : '';
  return `${sign}${Math.floor(size / DECIMAL_UNIT)}${fraction === '' ? '' : `.${fraction}`}`;
}

/**
 * Reads the text of an expression; whatever the text is, it takes time in proportion to its length.
 * @throws AppError `expression_invalid`, its detail the line, the column and what was expected there.
 */
export function parseExpression(text: string): Expression {
  return locating(text, () => {
    if (text.length > MAX_CHARACTERS)
      throw new Fault('expression.limit', MAX_CHARACTERS, `an expression has at most ${MAX_CHARACTERS} characters.`);
    if (/\p{Cs}/u.test(text)) throw new Fault('expression.syntax', 0, 'the text is not well-formed Unicode.');
    return new Parser(tokensOf(text)).whole();
  });
}
