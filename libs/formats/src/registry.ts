import type { FormatName } from '@attune/core';
import { json } from './json/json.js';
import { sqlDump } from './sql-dump/sql-dump.js';
import type { StructuredFormat } from './structured-format.js';

/** Every text format but the delimited and the fixed-width ones, in the order in which they are tried on an unknown text. */
export const structuredFormats: readonly StructuredFormat[] = [json, sqlDump];

export function findStructured(name: FormatName): StructuredFormat | undefined {
  return structuredFormats.find((format) => format.name === name);
}
