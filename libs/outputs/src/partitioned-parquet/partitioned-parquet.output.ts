import { AppError } from '@attune/core';
import { columnList, identifier, join, literal, parquetOptions, parquetSettings, sql, textList, type Sql } from '@attune/sql';
import { defineOutput, type FolderCopy, type FolderPlan, type FolderOutput } from '../output.js';

/** Silver is read once for each, so that only one file is being written at a time. */
const MOST_PARTITIONS = 256;
/** A value becomes part of the name of a folder, percent-encoded, and names have at most 255 bytes. */
const LONGEST_VALUE = 64;
/** Row groups of 122,880 rows: files of just under a million rows. */
const ROW_GROUPS = 8;
/** Stands for no value (Apache Hive, dynamic partitions). */
const NO_VALUE = '__HIVE_DEFAULT_PARTITION__';

/**
 * A zip of Parquet files as lakes keep them. With columns to part by: folders `column=value/part-0.parquet`, where the files do not repeat those
 * columns. Else files of at most 983,040 rows, one behind the other.
 */
export const partitionedParquet = defineOutput<FolderOutput>({
  name: 'partitioned_parquet',
  contentType: 'application/zip',
  extension: 'parquet.zip',
  folder: (silver, columns, { partitionBy }) => {
    const names = columns.map(({ name }) => name);
    const unknown = partitionBy.find((wanted) => !names.includes(wanted));
    if (unknown !== undefined) throw new AppError('plan.unresolved', `partition_by names ${unknown}, which is no column of the result`);
    return partitionBy.length === 0 ? inSequence(silver, names) : inPartitions(silver, names, partitionBy);
  },
});

function inSequence(silver: readonly string[], names: readonly string[]): FolderPlan {
  const copy = (folder: string): Sql =>
    sql`COPY (SELECT ${columnList(names)} FROM read_parquet(${textList(silver)})) TO ${literal(folder)} (${parquetSettings(names.length)}, ROW_GROUPS_PER_FILE ${literal(ROW_GROUPS)}, FILENAME_PATTERN 'part-{i}')`;
  return { copies: () => [{ folder: '', copy }] };
}

function inPartitions(silver: readonly string[], names: readonly string[], by: readonly string[]): FolderPlan {
  const kept = names.filter((name) => !by.includes(name));
  const texts = join(by.map(textOf));
  return {
    question: sql`SELECT DISTINCT ${texts} FROM read_parquet(${textList(silver)}) ORDER BY ALL LIMIT ${literal(MOST_PARTITIONS + 1)}`,
    copies: (answer) => {
      if (answer.length > MOST_PARTITIONS)
        throw new AppError('unprocessable_file', `partition_by parts the result into more than ${MOST_PARTITIONS} folders`);
      return answer.map((values) => partition(silver, kept, by, values));
    },
  };
}

function partition(
  silver: readonly string[],
  kept: readonly string[],
  by: readonly string[],
  values: readonly (string | null)[],
): FolderCopy {
  const belongs = join(
    by.map((name, i) => sql`${textOf(name)} IS NOT DISTINCT FROM ${literal(values[i] ?? null)}`),
    sql` AND `,
  );
  const folder = by.map((name, i) => `${encoded(name)}=${folderName(name, values[i] ?? null)}`).join('/');
  return {
    folder,
    copy: (path) =>
      sql`COPY (SELECT ${columnList(kept)} FROM read_parquet(${textList(silver)}) WHERE ${belongs}) TO ${literal(`${path}/part-0.parquet`)} ${parquetOptions(kept.length)}`,
  };
}

const textOf = (name: string): Sql => sql`CAST(${identifier(name)} AS VARCHAR)`;

function folderName(column: string, value: string | null): string {
  if (value === null) return NO_VALUE;
  if (value.length > LONGEST_VALUE || value.includes('\0'))
    throw new AppError(
      'unprocessable_file',
      `partition_by names ${column}, which has a value of more than ${LONGEST_VALUE} characters, or with NUL`,
    );
  const name = encoded(value);
  if (name.length + encoded(column).length + 1 > 255)
    throw new AppError('unprocessable_file', `partition_by names ${column}, which has a value that is too long for the name of a folder`);
  return name;
}

/** As Hive encodes, but for a few more signs: letters and digits of ASCII, `_`, `-` and `.` stay. */
const encoded = (text: string): string =>
  encodeURIComponent(text).replaceAll(/[!'()*~]/g, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`);
