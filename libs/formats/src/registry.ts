import type { FormatName } from '@attune/core';
import type { StructuredFormat } from './structured-format.js';

/** Every text format but the delimited and the fixed-width ones, in the order in which they are tried on an unknown text. */
export const structuredFormats: readonly StructuredFormat[] = [];

export function findStructured(name: FormatName): StructuredFormat | undefined {
  return structuredFormats.find((format) => format.name === name);
}
