import { Buffer } from 'node:buffer';
import type { Detection } from '@attune/core';
import type { Batch } from './batch.js';

export interface Header {
  readonly present: boolean;
  /** One name per column, as received but unquoted and trimmed of ASCII white space. */
  readonly names: readonly string[];
  readonly findings: Detection['header_findings'];
}

const NUMBER = /^[+-]?\$?\d[\d,]*(\.\d+)?$/;
const DATE = /^\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}([ T]\d{1,2}:\d{2}.*)?$/;
const EMAIL = /^[^\s@]+@[^\s@]+\.[^\s@]+$/;
const SURROUNDING_SPACE = /^[\t-\r ]+|[\t-\r ]+$/g;

/** Share of a column's values that must look like numbers, dates or e-mail addresses to call it typed. */
const TYPED_SHARE = 0.9;

/**
 * Reads the names from record 0 of the sample, or names the columns by position when record 0 is data:
 * there are typed columns, and in every one of them record 0 holds such a value too.
 */
export function readHeader(sample: Batch): Header {
  if (isData(sample)) {
    const names = Array.from({ length: sample.width }, (_, column) => `column_${column + 1}`);
    return { present: false, names, findings: [{ code: 'header.absent' }] };
  }
  const names = Array.from({ length: sample.width }, (_, column) => textOf(sample, 0, column).replace(SURROUNDING_SPACE, ''));
  return { present: true, names, findings: nameFindings(names) };
}

function nameFindings(names: readonly string[]): Detection['header_findings'] {
  const seen = new Set<string>();
  const findings: Detection['header_findings'] = [];
  names.forEach((name, ordinal) => {
    if (name === '') findings.push({ code: 'header.empty', ordinal });
    else if (seen.has(name)) findings.push({ code: 'header.duplicate', ordinal });
    seen.add(name);
  });
  return findings;
}

function isData(sample: Batch): boolean {
  let typedColumns = 0;
  for (let column = 0; column < sample.width; column++) {
    if (!isTyped(sample, column)) continue;
    if (!looksTyped(textOf(sample, 0, column).trim())) return false;
    typedColumns++;
  }
  return typedColumns > 0;
}

function isTyped(sample: Batch, column: number): boolean {
  let values = 0;
  let typed = 0;
  for (let record = 1; record < sample.n; record++) {
    const value = textOf(sample, record, column).trim();
    if (value === '') continue;
    values++;
    if (looksTyped(value)) typed++;
  }
  return values > 0 && typed >= values * TYPED_SHARE;
}

const looksTyped = (value: string): boolean => value.length <= 320 && (NUMBER.test(value) || DATE.test(value) || EMAIL.test(value));

function textOf(sample: Batch, record: number, column: number): string {
  const cell = record * sample.width + column;
  return Buffer.from(sample.buf.subarray(sample.starts[cell], sample.ends[cell])).toString('utf8');
}
