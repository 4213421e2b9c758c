import type { QuarantineRecord } from '@attune/api';

/** Columns of quarantine.csv, in this order; the names are those of the API. */
export const QUARANTINE_COLUMNS = [
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

/** quarantine.csv as RFC 4180 has it (CRLF, quotes doubled): the header row always, then one piece of text per page. */
export async function* quarantineCsv(pages: AsyncIterable<readonly QuarantineRecord[]>): AsyncGenerator<string> {
  yield rowOf(QUARANTINE_COLUMNS);
  for await (const page of pages) {
    yield page.map((record) => rowOf(QUARANTINE_COLUMNS.map((column) => record[column]))).join('');
  }
}

/** One record with its line end. What is null or absent is an empty field. */
export function rowOf(values: readonly (string | number | null | undefined)[]): string {
  return `${values.map((value) => fieldOf(value ?? '')).join(',')}\r\n`;
}

function fieldOf(value: string | number): string {
  const text = String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
