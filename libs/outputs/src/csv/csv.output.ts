import { literal, sql } from '@attune/sql';
import { defineOutput, type FileOutput } from '../output.js';
import { spreadsheetRows } from '../spreadsheet-text.js';

/** RFC 4180 with LF line ends and a header; null is nothing, an empty text is `""`. */
export const csv = defineOutput<FileOutput>({
  name: 'csv',
  contentType: 'text/csv; charset=utf-8',
  extension: 'csv',
  defuses: true,
  copy: (silver, target, columns, options) =>
    sql`COPY (${spreadsheetRows(silver, columns, options)}) TO ${literal(target)} (FORMAT csv, HEADER true, DELIMITER ',', QUOTE '"', ESCAPE '"', NULLSTR '')`,
});
