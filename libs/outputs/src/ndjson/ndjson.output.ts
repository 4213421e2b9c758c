import { columnList, literal, sql, textList } from '@attune/sql';
import { defineOutput, type FileOutput } from '../output.js';

/** One object per line, LF after each; every object has every column, null where there is no value. */
export const ndjson = defineOutput<FileOutput>({
  name: 'ndjson',
  contentType: 'application/x-ndjson',
  extension: 'ndjson',
  copy: (silver, target, columns) =>
    sql`COPY (SELECT ${columnList(columns.map(({ name }) => name))} FROM read_parquet(${textList(silver)})) TO ${literal(target)} (FORMAT json, ARRAY false)`,
});
