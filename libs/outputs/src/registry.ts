import { AppError, type OutputFormat } from '@attune/core';
import { csv } from './csv/csv.output.js';
import { json } from './json/json.output.js';
import { ndjson } from './ndjson/ndjson.output.js';
import type { Output } from './output.js';
import { parquet } from './parquet/parquet.output.js';
import { partitionedParquet } from './partitioned-parquet/partitioned-parquet.output.js';
import { tsv } from './tsv/tsv.output.js';
import { xlsx } from './xlsx/xlsx.output.js';

/** Every output that exists. */
export const outputs: readonly Output[] = [csv, json, ndjson, parquet, tsv, partitionedParquet, xlsx];

/** The output of a name; throws `plan.unresolved` when nothing is registered under it. */
export function findOutput(name: OutputFormat): Output {
  const output = outputs.find((candidate) => candidate.name === name);
  if (output === undefined) throw new AppError('plan.unresolved', `there is no output named ${name}`);
  return output;
}
