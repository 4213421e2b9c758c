import type { QuarantineRecord } from '@attune/api';

/** Columns of the downloaded CSV, in this order; the names are those of the API. */
const COLUMNS = [
  'member',
  'record',
  'line',
  'byte_offset',
  'byte_length',
  'column',
  'field',
  'code',
  'message',
  'raw',
  'raw_base64',
] as const satisfies readonly (keyof QuarantineRecord)[];

/** What a spreadsheet takes for the beginning of a formula (OWASP, CSV injection). */
const FORMULA = /^[=+\-@\t\r\u3000\uff1d\uff0b\uff0d\uff20]/;

export const CSV_HEADER = `${COLUMNS.join(',')}\r\n`;

/** One record as a row of RFC 4180. A text that a spreadsheet would calculate gets an apostrophe in front; numbers are numbers. */
export function csvRow(record: QuarantineRecord): string {
  return `${COLUMNS.map((column) => fieldOf(record[column])).join(',')}\r\n`;
}

function fieldOf(value: string | number | null | undefined): string {
  if (typeof value === 'number') return String(value);
  const text = value ?? '';
  const safe = FORMULA.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
