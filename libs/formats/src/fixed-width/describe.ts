import { AppError, type LayoutColumn } from '@attune/core';
import { firstRecords, unreadableHeader, type Description, type TextFacts } from '../text/description.js';
import { lineEnd } from '../text/field-scanner.js';
import { firstRecord, namesByPosition, namesOf, textOf, type Header } from '../text/header.js';
import { firstRecordAt } from '../text/sample.js';
import { layoutLength } from './scanner.js';

/** The longest name of a column in a layout. */
const LONGEST_NAME = 256;

/** Fewer fitting lines than this share: the layout is of another file. */
const FITTING_SHARE = 0.5;

/**
 * The header and the columns of a text that a layout cuts, the caller's or an inferred one. Lines are what `sampleLines` gives.
 * A given layout has the names; the first line is only taken for a header when it repeats them or looks like names.
 */
export function describeFixedWidth(
  facts: TextFacts,
  layout: readonly LayoutColumn[],
  lines: readonly string[],
  source: 'given' | 'inferred' = 'given',
): Description {
  const length = layoutLength(layout);
  const body = lines.slice(1);
  const fitting = body.filter((line) => line.length === length).length;
  if (source === 'given') refuseUnfit(facts.told.header === true ? body : lines, length, layout);
  const header = source === 'given' ? givenHeader(facts, layout) : inferredHeader(facts, layout, lines[0]!, length);
  // A column without a name in the header keeps the one by position.
  const named = layout.map((column, i) => ({ ...column, name: (header.names[i] || column.name).slice(0, LONGEST_NAME) }));
  return {
    format: 'fixed-width',
    confidence: body.length === 0 ? 1 : fitting / body.length,
    evidence: evidence(source, length, [fitting, body.length], header, layout.length),
    dialect: { delimiter: 0, quote: 0, header: header.present, bom: 0 },
    layout: named,
    json: null,
    table: null,
    columns: named.map(({ name }, ordinal) => ({ ordinal, name })),
    header_findings: header.findings,
  };
}

function refuseUnfit(lines: readonly string[], length: number, layout: readonly LayoutColumn[]): void {
  const lengths = new Map<number, number>();
  for (const line of lines) lengths.set(line.length, (lengths.get(line.length) ?? 0) + 1);
  const fitting = lengths.get(length) ?? 0;
  if (lines.length === 0 || fitting >= lines.length * FITTING_SHARE) return;
  const [usual, count] = [...lengths].reduce((most, one) => (one[1] > most[1] ? one : most));
  throw new AppError(
    'unprocessable_file',
    `The layout of ${layout.length} columns ends after ${length} characters, but ${fitting} of ${lines.length} sampled lines are that long; ${count} have ${usual}.`,
  );
}

const CUT = { delimiter: 0, quote: 0, header: false, bom: 0 };

function givenHeader(facts: TextFacts, layout: readonly LayoutColumn[]): Header {
  const names = layout.map(({ name }) => name);
  const told = facts.told.header;
  if (told !== undefined) return { present: told, names, findings: [] };
  const sample = firstRecords(facts, firstRecordAt(facts.sample), { dialect: CUT, layout: [...layout] }, layout.length);
  if (sample.n === 0 || sample.record[0] !== 1) return { present: false, names, findings: [] };
  const repeated = names.filter((name, c) => textOf(sample, 0, c).trim().toLowerCase() === name.toLowerCase()).length;
  return { present: repeated * 2 > names.length || firstRecord(sample) === 'names', names, findings: [] };
}

function inferredHeader(facts: TextFacts, layout: readonly LayoutColumn[], first: string, length: number): Header {
  const width = layout.length;
  const told = facts.told.header;
  if (told === false) return namesByPosition(width);
  const at = firstRecordAt(facts.sample);
  // Blanks at the end of the line of names are often not written.
  const short = length - first.length;
  const padded = short === 0 ? facts : { ...facts, sample: { ...facts.sample, text: withBlanks(facts.sample.text, at, short) } };
  const sample = firstRecords(padded, at, { dialect: CUT, layout: [...layout] }, width);
  if (sample.n === 0 || sample.record[0] !== 1) unreadableHeader();
  // In doubt it is a record: a person who became the names of columns would be lost, and told where names may be told.
  return told === true || short > 0 || firstRecord(sample) === 'names' ? namesOf(sample) : namesByPosition(width);
}

/** The text with so many blanks at the end of the line at `at`. */
function withBlanks(text: Uint8Array, at: number, count: number): Uint8Array {
  const end = lineEnd(text, at, text.length);
  const padded = new Uint8Array(text.length + count).fill(0x20);
  padded.set(text.subarray(0, end));
  padded.set(text.subarray(end), end + count);
  return padded;
}

function evidence(
  source: 'given' | 'inferred',
  length: number,
  [fitting, lines]: readonly [number, number],
  header: Header,
  columns: number,
): string[] {
  const whose =
    source === 'given' ? `The given layout cuts ${columns} columns` : `${columns} columns begin behind places that are blank in every line`;
  return [
    `${whose}; ${fitting} of ${lines} sampled lines after the first are ${length} characters long.`,
    header.present
      ? `The first line is a header.`
      : `The text has no header; the columns are named ${source === 'given' ? 'by the layout' : 'by position'}.`,
  ];
}
