import { Fault } from '../expression-fault.js';

export interface Token {
  readonly kind: 'name' | 'text' | 'column' | 'number' | 'date' | 'sign' | 'end';
  readonly at: number;
  /** What is meant: a text without its quotes, a name as written, a sign as itself. */
  readonly value: string;
}

const BLANKS = /[ \t\r\n]*/y;
const NAME = /[A-Za-z_][A-Za-z0-9_]*/y;
const DATE = /\d{4}-\d{2}-\d{2}(?!\d)/y;
const NUMBER = /\d+(?:\.\d+)?/y;
const SIGN = /<=|>=|<>|!=|[=<>+\-*/(),]/y;
const QUOTES = ['"', "'"];
const CONTROL = /[\u0000-\u001f\u007f]/;

/** Every pattern looks at one place only and walks on, so that reading takes time in proportion to the text. */
function match(pattern: RegExp, text: string, at: number): string | undefined {
  pattern.lastIndex = at;
  return pattern.exec(text)?.[0];
}

/** The text between two quotes, which are doubled inside. */
function quoted(text: string, at: number, close: string, what: string): { value: string; end: number } {
  let value = '';
  for (let from = at + 1; ;) {
    const to = text.indexOf(close, from);
    if (to < 0) throw new Fault('expression.syntax', at, `this ${what} is never closed by ${close}.`);
    value += text.slice(from, to);
    if (text[to + 1] !== close) return { value, end: to + 1 };
    value += close;
    from = to + 2;
  }
}

function tokenAt(text: string, at: number): { token: Token; end: number } {
  const char = text[at]!;
  if (QUOTES.includes(char) || char === '[') {
    const kind = char === '[' ? 'column' : 'text';
    const { value, end } = quoted(text, at, char === '[' ? ']' : char, kind === 'column' ? 'name of a column' : 'text');
    const control = value.search(CONTROL);
    if (control >= 0) throw new Fault('expression.syntax', at, 'a text or a name holds no control character.');
    return { token: { kind, at, value }, end };
  }
  for (const [kind, pattern] of [
    ['name', NAME],
    ['date', DATE],
    ['number', NUMBER],
    ['sign', SIGN],
  ] as const) {
    const value = match(pattern, text, at);
    if (value !== undefined) return { token: { kind, at, value: value === '<>' ? '!=' : value }, end: at + value.length };
  }
  throw new Fault('expression.syntax', at, 'this character begins nothing that an expression knows.');
}

/** The text in pieces, an `end` last. Throws a Fault. */
export function tokensOf(text: string): readonly Token[] {
  const tokens: Token[] = [];
  for (let at = match(BLANKS, text, 0)!.length; ;) {
    if (at >= text.length) return [...tokens, { kind: 'end', at: text.length, value: '' }];
    const { token, end } = tokenAt(text, at);
    const follower = text[end];
    if (token.kind === 'number' && follower !== undefined && /[A-Za-z0-9_.]/.test(follower))
      throw new Fault('expression.syntax', at, 'this is no number: digits, and digits behind a point.');
    tokens.push(token);
    at = end + match(BLANKS, text, end)!.length;
  }
}
