import { literal, sql } from '@attune/sql';
import { defineOutput, type FileOutput } from '../output.js';
import { spreadsheetRows } from '../spreadsheet-text.js';

/**
 * As csv, with tabulators between the values: quoted where a value holds a tabulator, a quote or a line end, quotes doubled. Not the form of
 * text/tab-separated-values, which knows no quotes and so cannot hold such values.
 */
export const tsv = defineOutput<FileOutput>({
  name: 'tsv',
  contentType: 'text/tab-separated-values; charset=utf-8',
  extension: 'tsv',
  defuses: true,
  copy: (silver, target, columns, options) =>
    sql`COPY (${spreadsheetRows(silver, columns, options)}) TO ${literal(target)} (FORMAT csv, HEADER true, DELIMITER ${literal('\t')}, QUOTE '"', ESCAPE '"', NULLSTR '')`,
});
