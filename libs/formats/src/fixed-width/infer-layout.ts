import type { LayoutColumn } from '@attune/core';

export interface InferredLayout {
  readonly layout: readonly LayoutColumn[];
  /** Units of every line. */
  readonly length: number;
  /** Lines behind the first, and those of them that are as long. */
  readonly lines: number;
  readonly fitting: number;
}

/** Fewer lines can agree by accident. */
const FEWEST_LINES = 8;

/** Share of the lines that must be equally long. */
const EQUAL_SHARE = 0.95;

/** A longer line is no record of fixed width, but a text without line ends. */
const LONGEST_LINE = 65_536;

/**
 * Infers where columns begin: behind positions that are blank in every line, the first one too, which may hold the names.
 * Undefined unless nearly all lines are equally long, at least two columns come out and one of them is padded: lines that are
 * equally long by their nature, such as codes with a blank in them, have no padding.
 * The names are by position. One character of a line is one unit of the layout.
 */
export function inferLayout(lines: readonly string[]): InferredLayout | undefined {
  const body = lines.slice(1);
  const length = body[body.length >> 1]?.length ?? 0;
  const first = lines[0] ?? '';
  if (body.length < FEWEST_LINES || length > LONGEST_LINE || first.length > length) return undefined;
  const fitting = body.filter((line) => line.length === length);
  if (fitting.length < body.length * EQUAL_SHARE) return undefined;
  const blank = blankPositions([first.padEnd(length), ...fitting], length);
  const starts = blank.flatMap((isBlank, at) => (at === 0 || (!isBlank && blank[at - 1]!) ? [at] : []));
  if (blank[0] && starts.length > 1) starts.splice(1, 1); // blanks before the first value belong to its column
  const layout = starts.map((start, i) => ({ name: `column_${i + 1}`, start, length: (starts[i + 1] ?? length) - start }));
  if (layout.length < 2 || layout.length > 4096 || !layout.some((column) => isPadded(fitting, column))) return undefined;
  return { layout, length, lines: body.length, fitting: fitting.length };
}

function blankPositions(lines: readonly string[], length: number): readonly boolean[] {
  return Array.from({ length }, (_, at) => lines.every((line) => line[at] === ' '));
}

function isPadded(lines: readonly string[], { start, length }: LayoutColumn): boolean {
  const lengths = new Set(lines.map((line) => line.slice(start, start + length).trim().length));
  return lengths.size > 1;
}

/** Whether the character stands at the same places in every line: so it would cut the lines just as well. */
export function standsStill(lines: readonly string[], character: string): boolean {
  const places = (line: string): string => Array.from(line.matchAll(new RegExp(escape(character), 'g')), ({ index }) => index).join();
  return new Set(lines.slice(1).map(places)).size <= 1;
}

const escape = (character: string): string => character.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');
