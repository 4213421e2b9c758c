import { Buffer } from 'node:buffer';
import { MORE } from '../text/field-scanner.js';
import { BACKSLASH, BACKTICK, CLOSE, COMMA, DOUBLE, isKeyword, isWord, OPEN, SEMICOLON, type SqlLexer, wordEnd } from './lexer.js';

const DOT = 0x2e;
const OPEN_BRACKET = 0x5b;

/** What a statement does to the rows of a table, as far as its head tells. */
export type StatementHead =
  | {
      readonly kind: 'insert' | 'copy' | 'create';
      readonly table: string;
      readonly columns: readonly string[] | null;
      readonly end: number;
    }
  /** INSERT or COPY in a form that holds no values to be read. */
  | { readonly kind: 'unread'; readonly table: string; readonly end: number }
  /** A command of psql or a change of the delimiter, which are lines and not statements. */
  | { readonly kind: 'line' | 'delimiter'; readonly end: number }
  | { readonly kind: 'other'; readonly end: number }
  /** Not SQL. */
  | { readonly kind: 'none'; readonly end: number };

/** Words that statements of dumps begin with. */
const VERBS = (
  'ALTER ANALYZE BEGIN CALL CHECKPOINT CLUSTER COMMENT COMMIT COPY CREATE DEALLOCATE DECLARE DELETE DELIMITER DO DROP END EXECUTE EXPLAIN ' +
  'FLUSH GRANT INSERT LOCK MERGE OPTIMIZE PRAGMA PREPARE REFRESH REINDEX RELEASE RENAME REPLACE RESET REVOKE ROLLBACK SAVEPOINT SECURITY ' +
  'SELECT SET SHOW SOURCE START TRUNCATE UNLOCK UPDATE USE VACUUM WITH'
).split(' ');

/** Words before the name of the table. */
const MODIFIERS = ['INTO', 'IGNORE', 'DELAYED', 'LOW_PRIORITY', 'HIGH_PRIORITY', 'OR', 'REPLACE', 'ABORT', 'FAIL', 'ROLLBACK', 'ONLY'];
const CREATE_MODIFIERS = ['TEMP', 'TEMPORARY', 'UNLOGGED', 'GLOBAL', 'LOCAL', 'FOREIGN', 'IF', 'NOT', 'EXISTS'];
/** An item of CREATE TABLE that begins so is no column. */
const CONSTRAINTS = 'PRIMARY KEY UNIQUE CONSTRAINT INDEX FOREIGN CHECK FULLTEXT SPATIAL EXCLUDE LIKE PERIOD'.split(' ');

/** Reads the heads of statements: up to the first tuple of an INSERT, to the end of a COPY, to the columns of a CREATE TABLE. */
export class StatementReader {
  #buf: Uint8Array = new Uint8Array(0);
  #to = 0;
  #last = false;
  #p = 0;

  constructor(private readonly lexer: SqlLexer) {}

  /** The head of the statement at `p`, where neither white space nor a comment is; MORE where the bytes end within it. */
  read(buf: Uint8Array, p: number, to: number, last: boolean): StatementHead | typeof MORE {
    [this.#buf, this.#to, this.#last, this.#p] = [buf, to, last, p];
    if (buf[p] === BACKSLASH) return { kind: 'line', end: p };
    const end = wordEnd(buf, p, to);
    if (end === to && !last) return MORE;
    const verb = VERBS.find((word) => isKeyword(buf, p, to, word));
    if (verb === undefined || end === p) return { kind: 'none', end: p };
    this.#p = end;
    try {
      if (verb === 'DELIMITER') return { kind: 'delimiter', end: p };
      if (verb === 'INSERT' || verb === 'REPLACE') return this.#insert();
      if (verb === 'COPY') return this.#copy();
      if (verb === 'CREATE') return this.#create(p);
      return { kind: 'other', end: p };
    } catch (error) {
      if (error !== ENDED) throw error;
      // At the end of the stream it is a statement that was cut off.
      return last ? { kind: 'other', end: p } : MORE;
    }
  }

  #insert(): StatementHead {
    this.#words(MODIFIERS);
    const table = this.#name();
    if (table === undefined) return { kind: 'other', end: this.#p };
    const columns = this.#peek() === OPEN ? this.#list() : null;
    if (columns === undefined) return { kind: 'unread', table, end: this.#p };
    if (this.#word('OVERRIDING')) this.#words(['SYSTEM', 'USER', 'VALUE']);
    if (!this.#word('VALUES') && !this.#word('VALUE')) return { kind: 'unread', table, end: this.#p };
    return { kind: 'insert', table, columns, end: this.#p };
  }

  #copy(): StatementHead {
    const table = this.#name();
    if (table === undefined) return { kind: 'other', end: this.#p };
    const columns = this.#peek() === OPEN ? this.#list() : null;
    if (columns === undefined || !this.#word('FROM') || !this.#word('STDIN')) return { kind: 'other', end: this.#p };
    const plain = this.#peek() === SEMICOLON;
    const end = this.#buf.indexOf(0x0a, this.#p);
    if (end < 0 || end >= this.#to) throw ENDED;
    return plain ? { kind: 'copy', table, columns, end: end + 1 } : { kind: 'unread', table, end: end + 1 };
  }

  #create(start: number): StatementHead {
    this.#words(CREATE_MODIFIERS);
    if (!this.#word('TABLE')) return { kind: 'other', end: start };
    this.#words(CREATE_MODIFIERS);
    const table = this.#name();
    if (table === undefined || this.#peek() !== OPEN) return { kind: 'other', end: start };
    return { kind: 'create', table, columns: this.#definitions(), end: this.#p };
  }

  /** Moves to the next byte that counts and gives it; 0 at the end of the stream. */
  #peek(): number {
    const next = this.lexer.skip(this.#buf, this.#p, this.#to, this.#last);
    if (next === MORE || (next === this.#to && !this.#last)) throw ENDED;
    this.#p = next;
    return next < this.#to ? this.#buf[next]! : 0;
  }

  #word(word: string): boolean {
    this.#peek();
    if (wordEnd(this.#buf, this.#p, this.#to) === this.#to && !this.#last) throw ENDED;
    if (!isKeyword(this.#buf, this.#p, this.#to, word)) return false;
    this.#p += word.length;
    return true;
  }

  #words(words: readonly string[]): void {
    while (words.some((word) => this.#word(word)));
  }

  /** A name of one or several parts, quoted or not. */
  #name(): string | undefined {
    const parts: string[] = [];
    do {
      const part = this.#identifier();
      if (part === undefined) return undefined;
      parts.push(part);
    } while (this.#passed(DOT));
    return parts.join('.');
  }

  #passed(byte: number): boolean {
    if (this.#peek() !== byte) return false;
    this.#p++;
    return true;
  }

  #identifier(): string | undefined {
    const quote = this.#peek();
    if (quote === OPEN_BRACKET) return undefined;
    if (quote === BACKTICK || quote === DOUBLE) {
      const end = this.lexer.stringEnd(this.#buf, this.#p + 1, this.#to, this.#last, quote, false);
      if (end === MORE) throw ENDED;
      const name = this.#text(this.#p + 1, end - 1).replaceAll(quote === DOUBLE ? '""' : '``', quote === DOUBLE ? '"' : '`');
      this.#p = end;
      return name;
    }
    const end = wordEnd(this.#buf, this.#p, this.#to);
    if (end === this.#to && !this.#last) throw ENDED;
    if (end === this.#p) return undefined;
    const name = this.#text(this.#p, end);
    this.#p = end;
    return name;
  }

  /** `(a, b, c)`; undefined where it is something else. */
  #list(): readonly string[] | undefined {
    const names: string[] = [];
    this.#p++;
    do {
      const name = this.#identifier();
      if (name === undefined) return undefined;
      names.push(name);
    } while (this.#passed(COMMA));
    return this.#passed(CLOSE) ? names : undefined;
  }

  /** The columns of CREATE TABLE, the head of which ends at its opening parenthesis. */
  #definitions(): readonly string[] {
    const names: string[] = [];
    this.#p++;
    for (;;) {
      this.#peek();
      const constraint = CONSTRAINTS.some((word) => isKeyword(this.#buf, this.#p, this.#to, word));
      const name = constraint ? undefined : this.#identifier();
      if (name !== undefined) names.push(name);
      if (this.#pastItem() !== COMMA) return names;
    }
  }

  /** Moves behind the comma or the parenthesis that ends an item, and gives that byte; 0 where the statement ends before. */
  #pastItem(): number {
    for (let depth = 0; ;) {
      const c = this.#peek();
      if (c === 0 || c === SEMICOLON) return 0;
      if (this.lexer.opensString(c) || c === BACKTICK || c === DOUBLE) {
        const end = this.lexer.stringEnd(this.#buf, this.#p + 1, this.#to, this.#last, c, this.lexer.dialect.mysql && c !== BACKTICK);
        if (end === MORE) throw ENDED;
        this.#p = end;
        continue;
      }
      this.#p++;
      if (depth === 0 && (c === COMMA || c === CLOSE)) return c;
      if (c === OPEN) depth++;
      else if (c === CLOSE) depth--;
      else if (isWord(c)) this.#p = wordEnd(this.#buf, this.#p, this.#to);
    }
  }

  #text(from: number, to: number): string {
    return Buffer.from(this.#buf.subarray(from, to)).toString('utf8');
  }
}

/** The bytes end within a head. */
const ENDED = new Error('the bytes end within a statement');
