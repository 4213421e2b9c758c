import { columnList, literal, sql, textList } from '@attune/sql';
import { defineOutput, type FileOutput } from '../output.js';

/** One array of objects (RFC 8259), one object a line; every object has every column, null where there is no value. */
export const json = defineOutput<FileOutput>({
  name: 'json',
  contentType: 'application/json',
  extension: 'json',
  copy: (silver, target, columns) =>
    sql`COPY (SELECT ${columnList(columns.map(({ name }) => name))} FROM read_parquet(${textList(silver)})) TO ${literal(target)} (FORMAT json, ARRAY true)`,
});
