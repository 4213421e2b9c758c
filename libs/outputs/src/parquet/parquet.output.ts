import { columnList, literal, parquetOptions, sql, textList } from '@attune/sql';
import { defineOutput, type FileOutput } from '../output.js';

/** Typed columns, written as silver is, so that the bytes do not depend on the number of threads. */
export const parquet = defineOutput<FileOutput>({
  name: 'parquet',
  contentType: 'application/vnd.apache.parquet',
  extension: 'parquet',
  sameAsSilver: true,
  copy: (silver, target, columns) =>
    sql`COPY (SELECT ${columnList(columns.map(({ name }) => name))} FROM read_parquet(${textList(silver)})) TO ${literal(target)} ${parquetOptions(columns.length)}`,
});
