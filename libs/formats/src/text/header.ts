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

/** What the first record looks like: names over typed values, a record like those below, or neither for certain. */
export type FirstRecord = 'names' | 'data' | 'unsure';

/** Names the columns by record 0 of the sample, as they were received. */
export function namesOf(sample: Batch): Header {
  const names = Array.from({ length: sample.width }, (_, column) => textOf(sample, 0, column).replace(SURROUNDING_SPACE, ''));
  return { present: true, names, findings: nameFindings(names) };
}

/** Names the columns by position: column_1 and so on. */
export function namesByPosition(width: number): Header {
  const names = Array.from({ length: width }, (_, column) => `column_${column + 1}`);
  return { present: false, names, findings: [{ code: 'header.absent' }] };
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

/**
 * `data`: there are typed columns, and in every one of them record 0 holds such a value too. `names`: in most of them it
 * does not. `unsure`: no column is typed, or one or two values of record 0 are odd.
 */
export function firstRecord(sample: Batch): FirstRecord {
  let typed = 0;
  let alike = 0;
  for (let column = 0; column < sample.width; column++) {
    if (!isTyped(sample, column)) continue;
    typed++;
    if (looksTyped(textOf(sample, 0, column).trim())) alike++;
  }
  if (typed > 0 && alike === typed) return 'data';
  return alike * 2 < typed ? 'names' : 'unsure';
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

export function textOf(sample: Batch, record: number, column: number): string {
  const cell = record * sample.width + column;
  return Buffer.from(sample.buf.subarray(sample.starts[cell], sample.ends[cell])).toString('utf8');
}
