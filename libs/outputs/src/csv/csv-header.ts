/** What DuckDB's writer of CSV puts in quotes. */
const QUOTED = /[",\n\r#]/;

/** The first line of a CSV with these columns, line end included, as the output `csv` writes it. */
export function csvHeader(columns: readonly string[]): string {
  return `${columns.map((name) => (QUOTED.test(name) ? `"${name.replaceAll('"', '""')}"` : name)).join(',')}\n`;
}
