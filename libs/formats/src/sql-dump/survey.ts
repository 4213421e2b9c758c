import { MORE } from '../text/field-scanner.js';
import { TEXT_LIMITS } from '../text/limits.js';
import { CopyRowScanner } from './copy-row.js';
import { COMMA, OPEN, SEMICOLON, SqlLexer, type SqlDialect } from './lexer.js';
import { Passing } from './passing.js';
import { StatementReader } from './statement.js';
import { TupleScanner } from './tuple.js';

/** What a sample shows of one table. */
export interface SurveyedTable {
  readonly name: string;
  /** Of the first statement with rows, of CREATE TABLE, or null where nobody names them. */
  columns: readonly string[] | null;
  /** Values of the first row. */
  width: number;
  rows: number;
  /** Whether the rows are lines of COPY blocks, not tuples. */
  copy: boolean;
}

const NOTHING = { starts: new Int32Array(0), ends: new Int32Array(0), escaped: (): void => {} };

/** Walks through a sample and counts what it holds. */
class Survey {
  readonly tables = new Map<string, SurveyedTable>();
  readonly #statements: StatementReader;
  readonly #passing: Passing;
  readonly #tuple: TupleScanner;
  readonly #row = new CopyRowScanner(0, TEXT_LIMITS, NOTHING);
  readonly #lexer: SqlLexer;

  constructor(
    private readonly text: Uint8Array,
    /** The text goes on behind the sample. */
    private readonly truncated: boolean,
    dialect: SqlDialect,
  ) {
    this.#lexer = new SqlLexer(dialect);
    this.#statements = new StatementReader(this.#lexer);
    this.#passing = new Passing(this.#lexer);
    this.#tuple = new TupleScanner(this.#lexer, 0, TEXT_LIMITS, NOTHING);
  }

  /** False where the text begins with something that is no statement. */
  walk(): boolean {
    const { text } = this;
    let seen = false;
    for (let p = 0; p < text.length;) {
      p = this.#lexer.skip(text, p, text.length, true);
      if (p === MORE || p === text.length) break;
      if (text[p] === SEMICOLON || (seen && (text[p] === OPEN || text[p] === COMMA))) {
        p++;
        continue;
      }
      const head = this.#statements.read(text, p, text.length, true);
      if (head === MORE) break;
      if (head.kind === 'none' && !seen) return false;
      seen = true;
      p = this.#statement(p, head);
    }
    return seen;
  }

  #statement(p: number, head: Exclude<ReturnType<StatementReader['read']>, typeof MORE>): number {
    switch (head.kind) {
      case 'insert': {
        const table = this.#table(head.table, head.columns, false);
        return this.#pass('statement', this.#tuples(head.end, table));
      }
      case 'copy':
        return this.#copied(head.end, this.#table(head.table, head.columns, true));
      case 'create':
        this.#table(head.table, head.columns, undefined);
        return this.#pass('statement', p);
      case 'none':
      case 'line':
        return this.#pass('line', p);
      case 'delimiter':
        return this.#pass('delimiter', p);
      case 'unread':
      case 'other':
        return this.#pass('statement', p);
    }
  }

  #pass(until: 'line' | 'statement' | 'delimiter', p: number): number {
    this.#passing.begin(until);
    return this.#passing.pass(this.text, p, this.text.length, true);
  }

  /** `copy` is undefined where the statement has no rows. */
  #table(name: string, columns: readonly string[] | null, copy: boolean | undefined): SurveyedTable {
    const known = this.tables.get(name) ?? { name, columns: null, width: 0, rows: 0, copy: copy ?? false };
    this.tables.set(name, known);
    if (columns !== null && (known.columns === null || (known.rows === 0 && copy !== undefined))) known.columns = columns;
    if (known.rows === 0 && copy !== undefined) known.copy = copy;
    return known;
  }

  #tuples(from: number, table: SurveyedTable): number {
    const { text } = this;
    let p = from;
    for (;;) {
      const at = this.#lexer.skip(text, p, text.length, true);
      if (at === MORE || at === text.length) return p;
      p = at;
      if (text[p] === COMMA) {
        p++;
        continue;
      }
      if (text[p] !== OPEN) return p;
      const end = this.#tuple.scan(text, p, text.length, true, 0);
      if (end < 0) return p;
      if (table.rows++ === 0) table.width = this.#tuple.fields;
      p = end;
    }
  }

  #copied(from: number, table: SurveyedTable): number {
    const { text } = this;
    let p = from;
    while (p < text.length) {
      const end = this.#row.scan(text, p, text.length, !this.truncated, 0);
      if (end < 0) return text.length;
      p = end;
      if (this.#row.isEnd) return p;
      if (table.rows++ === 0) table.width = this.#row.fields;
    }
    return p;
  }
}

/** The tables that a sample speaks of, in order; undefined for a text that is no SQL. */
export function surveyTables(text: Uint8Array, truncated: boolean, dialect: SqlDialect): readonly SurveyedTable[] | undefined {
  const survey = new Survey(text, truncated, dialect);
  return survey.walk() && survey.tables.size > 0 ? [...survey.tables.values()] : undefined;
}
