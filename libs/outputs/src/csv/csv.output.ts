import { columnList, literal, sql, textList } from '@attune/sql';
import { defineOutput } from '../output.js';

/** RFC 4180 with LF line ends and a header; null is nothing, an empty text is `""`. */
export const csv = defineOutput({
  name: 'csv',
  contentType: 'text/csv; charset=utf-8',
  extension: 'csv',
  copy: (silver, target, columns) =>
    sql`COPY (SELECT ${columnList(columns)} FROM read_parquet(${textList(silver)})) TO ${literal(target)} (FORMAT csv, HEADER true, DELIMITER ',', QUOTE '"', ESCAPE '"', NULLSTR '')`,
});
