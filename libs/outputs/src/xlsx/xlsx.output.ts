import { columnList, literal, sql, textList } from '@attune/sql';
import { defineOutput } from '../output.js';

/**
 * A workbook (ECMA-376) with a header in its first row: dates, booleans and whole numbers as such, everything else as text, which no program
 * takes for a formula. The statement writes the rows as delimited text, of which `SheetRows` makes the sheets.
 */
export const xlsx = defineOutput({
  name: 'xlsx',
  contentType: 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet',
  extension: 'xlsx',
  workbook: true,
  copy: (silver, target, columns) =>
    sql`COPY (SELECT ${columnList(columns.map(({ name }) => name))} FROM read_parquet(${textList(silver)})) TO ${literal(target)} (FORMAT csv, HEADER true, DELIMITER ',', QUOTE '"', ESCAPE '"', NULLSTR '')`,
});
