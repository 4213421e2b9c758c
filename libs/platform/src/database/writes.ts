import { type Database, prepared } from './database.js';

/** Takes a value and answers its place in the statement. */
export type Place = (value: unknown) => string;

/**
 * Statements that change different rows, sent as one: what a transaction costs is mostly the number of its round trips. All of them see
 * the rows as they were before.
 */
export class Writes {
  readonly #statements: string[] = [];
  readonly #values: unknown[] = [];

  add(statement: (place: Place) => string): void {
    this.#statements.push(statement((value) => `$${this.#values.push(value)}`));
  }

  async send(query: Database['query']): Promise<void> {
    if (this.#statements.length === 0) return;
    await query(prepared(`WITH ${this.#statements.map((statement, i) => `w${i} AS (${statement})`).join(', ')} SELECT 1`), this.#values);
  }
}
