/** Delimiters that spreadsheets of this world write. */
const DELIMITERS = [',', ';', '\t', '|'];

export interface CsvTable {
  readonly header: readonly string[];
  /** Without empty ones. */
  readonly rows: readonly (readonly string[])[];
}

/** A small CSV (RFC 4180) with a header that has the named column; its delimiter is the one that cuts the header so. */
export function csvTable(text: string, column: string): CsvTable {
  const firstRow = (delimiter: string): readonly string[] => {
    for (const cells of rowsOf(text, delimiter)) return cells;
    return [];
  };
  const delimiter = DELIMITERS.find((one) => firstRow(one).includes(column)) ?? ',';
  const [header = [], ...rows] = rowsOf(text, delimiter);
  return { header, rows: rows.filter((cells) => cells.some((cell) => cell !== '')) };
}

function* rowsOf(text: string, delimiter: string): Generator<string[]> {
  let cells: string[] = [];
  let at = 0;
  while (at < text.length) {
    const { cell, end } = text[at] === '"' ? quoted(text, at + 1, delimiter) : plain(text, at, delimiter);
    cells.push(cell);
    at = end;
    if (text[at] === delimiter) {
      at++;
      if (at < text.length) continue;
      cells.push('');
    }
    if (text[at] === '\r') at++;
    if (text[at] === '\n') at++;
    yield cells;
    cells = [];
  }
}

function plain(text: string, from: number, delimiter: string): { cell: string; end: number } {
  let end = from;
  while (end < text.length && text[end] !== delimiter && text[end] !== '\n' && text[end] !== '\r') end++;
  return { cell: text.slice(from, end), end };
}

/** What follows the closing quote up to the next delimiter is taken as it is: nothing that somebody typed gets lost. */
function quoted(text: string, from: number, delimiter: string): { cell: string; end: number } {
  let cell = '';
  let at = from;
  for (;;) {
    const quote = text.indexOf('"', at);
    if (quote < 0) return { cell: cell + text.slice(at), end: text.length };
    cell += text.slice(at, quote);
    if (text[quote + 1] !== '"') {
      const rest = plain(text, quote + 1, delimiter);
      return { cell: cell + rest.cell, end: rest.end };
    }
    cell += '"';
    at = quote + 2;
  }
}
