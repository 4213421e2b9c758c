/**
 * A piece of SQL text. Only this module makes one, from fixed text, identifiers and literals,
 * so that whatever holds a `Sql` can be pasted into a statement without looking at it again.
 */
export class Sql {
  readonly #text: string;

  private constructor(text: string) {
    this.#text = text;
  }

  /** The statement as text, for the driver. */
  get text(): string {
    return this.#text;
  }

  toString(): string {
    return this.#text;
  }

  static #of(text: string): Sql {
    return new Sql(text);
  }

  /** Fixed text of the program with pieces in between; a piece that is no `Sql` is refused. */
  static template(strings: TemplateStringsArray, ...parts: readonly Sql[]): Sql {
    let text = strings[0] ?? '';
    parts.forEach((part, i) => {
      if (!(part instanceof Sql)) throw new TypeError('sql accepts only identifiers, literals and other pieces of SQL');
      text += part.#text + (strings[i + 1] ?? '');
    });
    return Sql.#of(text);
  }

  static identifier(name: string): Sql {
    if (name === '') throw new TypeError('an identifier has at least one character');
    return Sql.#of(`"${withoutNul(name).replaceAll('"', '""')}"`);
  }

  static literal(value: string | number | boolean | null): Sql {
    if (value === null) return Sql.#of('NULL');
    if (typeof value === 'boolean') return Sql.#of(value ? 'true' : 'false');
    if (typeof value === 'number') {
      if (!Number.isFinite(value)) throw new TypeError('a number in SQL is finite');
      return Sql.#of(String(value));
    }
    return Sql.#of(`'${withoutNul(value).replaceAll("'", "''")}'`);
  }

  static join(parts: readonly Sql[], separator: Sql): Sql {
    return Sql.#of(parts.map((part) => part.#text).join(separator.#text));
  }
}

/** A NUL would end the text early in a C string; no name or path of ours holds one. */
function withoutNul(text: string): string {
  if (text.includes('\0')) throw new TypeError('SQL text holds no NUL');
  return text;
}

/** `sql\`SELECT ${identifier(name)}\``: the only way to build a statement. Plain strings do not compile as parts. */
export const sql = (strings: TemplateStringsArray, ...parts: readonly Sql[]): Sql => Sql.template(strings, ...parts);

/** A quoted name of a table or column. Throws TypeError on an empty name or a NUL. */
export const identifier = (name: string): Sql => Sql.identifier(name);

/** A quoted value, for dialects whose strings know no backslash escapes (DuckDB, standard SQL). Throws TypeError on a NUL or a number that is not finite. */
export const literal = (value: string | number | boolean | null): Sql => Sql.literal(value);

/** Pieces with a separator in between; by default a comma. */
export const join = (parts: readonly Sql[], separator: Sql = sql`, `): Sql => Sql.join(parts, separator);
