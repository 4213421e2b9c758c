import { MENDING_COLUMNS, type QuarantineRecord } from '@attune/api';
import type { Plan } from '@attune/core';
import { cut, sourceNames } from './quarantine-cells.js';

/** What a spreadsheet takes for the beginning of a formula (OWASP, CSV injection). */
const FORMULA = /^[=+\-@\t\r\u3000\uff1d\uff0b\uff0d\uff20]/;
/** What got an apostrophe in front; a text that has one already gets another, so that the way back is certain. */
const ESCAPED = /^'['=+\-@\t\r\u3000\uff1d\uff0b\uff0d\uff20]/;

/** The first row: our own columns, then those of the source. */
export function csvHeader(plan: Plan): string {
  return rowOf([...MENDING_COLUMNS, ...sourceNames(plan)]);
}

/**
 * One record as a row of RFC 4180, to be mended in a spreadsheet. A text that a spreadsheet would calculate gets an apostrophe in front.
 * `text` is the whole record, undefined where it is not to be had.
 */
export function csvRow(record: QuarantineRecord, text: string | undefined, plan: Plan): string {
  const { record: ordinal, member, line, code, field, message } = record;
  const cells = (text === undefined ? undefined : cut(text, plan)) ?? plan.columns.map(() => '');
  return rowOf([String(ordinal), member, String(line), code, field ?? '', message, text ?? '', ...cells]);
}

/** A cell as it was before the apostrophe. */
export function unescaped(cell: string): string {
  return ESCAPED.test(cell) ? cell.slice(1) : cell;
}

function rowOf(cells: readonly string[]): string {
  return `${cells.map(fieldOf).join(',')}\r\n`;
}

function fieldOf(text: string): string {
  const safe = FORMULA.test(text) || ESCAPED.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
