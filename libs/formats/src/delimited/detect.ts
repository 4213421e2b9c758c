import { AppError, type Detection, type Dialect } from '@attune/core';
import type { Batch } from './batch.js';
import { refuseOtherFormats } from './container.js';
import { chooseDialect, DELIMITER_NAMES, type Survey } from './dialect.js';
import { readHeader, type Header } from './header.js';
import { MAX_COLUMNS } from './limits.js';
import { DelimitedReader } from './reader.js';

export interface DelimitedSample {
  /** The first bytes of the decoded file; enough for the header and a few hundred records, 1 MiB is good. */
  readonly head: Uint8Array;
  /** Bytes of the whole decoded file. */
  readonly size: number;
  /** sha256 of a text; this floor has no crypto. */
  readonly fingerprint: (names: string) => string;
}

/** Records that the header is compared with. */
const HEADER_SAMPLE = 200;

/** A few bad records are findings; more than this share is another encoding. */
const INVALID_SHARE = 0.3;

/**
 * Finds out how a delimited text is cut into fields and what its columns are called: container, encoding, dialect, header.
 * Throws AppError `unprocessable_file` (no delimited text, or its header cannot be read), `encoding` or `too_many_columns`.
 * The evidence holds counts, never values. The fingerprint is taken over the JSON array of the names.
 */
export function detectDelimited(sample: DelimitedSample): Detection {
  const { head, size } = sample;
  const bom = refuseOtherFormats(head);
  const survey = chooseDialect(head, bom, head.length < size);
  const first = headerFields(survey, head, bom);
  const { delimiter, quote } = survey;
  const header = readHeader(
    firstRecords(new Uint8Array(head.subarray(survey.headerAt)), first, { delimiter, quote, header: false, bom: 0 }),
  );
  const width = header.names.length;
  const dialect: Dialect = { delimiter, quote, header: header.present, bom };
  const encoding = encodingOf(head, size, dialect, width);
  return {
    format: 'delimited',
    container: 'none',
    encoding: 'utf-8',
    confidence: survey.records === 0 ? 1 : survey.modalRecords / survey.records,
    evidence: evidence(survey, header, bom, encoding),
    dialect,
    layout: null,
    columns: header.names.map((name, ordinal) => ({ ordinal, name })),
    header_findings: header.findings,
    fingerprint: sample.fingerprint(JSON.stringify(header.names)),
  };
}

function headerFields(survey: Survey, head: Uint8Array, bom: number): number {
  const fields = survey.headerFields;
  if (fields === undefined) {
    const delimiters = head.subarray(bom).reduce((count, byte) => count + (byte === survey.delimiter ? 1 : 0), 0);
    if (delimiters >= MAX_COLUMNS && survey.records === 0) tooManyColumns(delimiters + 1);
    throw new AppError('unprocessable_file', 'The header is not closed within the sample, or a quote in it is faulty.');
  }
  if (fields > MAX_COLUMNS) tooManyColumns(fields);
  return fields;
}

function tooManyColumns(columns: number): never {
  throw new AppError('too_many_columns', `The header has at least ${columns} columns; the limit is ${MAX_COLUMNS}.`);
}

/** The first record and those after it that have as many fields. */
function firstRecords(bytes: Uint8Array, width: number, dialect: Dialect): Batch {
  const reader = new DelimitedReader(dialect, width, { batchRecords: HEADER_SAMPLE });
  reader.read(bytes, 0, bytes.length, true);
  if (reader.batch.n === 0 || reader.batch.record[0] !== 1) throw new AppError('encoding', 'The header holds bytes that are not UTF-8.');
  return reader.batch;
}

interface EncodingCount {
  readonly records: number;
  readonly invalid: number;
}

/** Counts the records of the sample that are not UTF-8; those with a wrong field count say nothing. */
function encodingOf(head: Uint8Array, size: number, dialect: Dialect, width: number): EncodingCount {
  const bytes = new Uint8Array(head);
  const reader = new DelimitedReader(dialect, width);
  const last = bytes.length >= size;
  let records = 0;
  let invalid = 0;
  for (let from = 0; from < bytes.length;) {
    const consumed = reader.read(bytes, from, bytes.length, last);
    if (consumed === 0) break;
    from += consumed;
    const bad = reader.rejected.filter(({ code }) => code === 'text.invalid_encoding').length;
    invalid += bad;
    records += reader.batch.n + bad;
  }
  if (invalid > records * INVALID_SHARE) {
    throw new AppError('encoding', `${invalid} of ${records} sampled records are not UTF-8; only UTF-8 is supported.`);
  }
  return { records, invalid };
}

function evidence(survey: Survey, header: Header, bom: number, encoding: EncodingCount): string[] {
  const quoting = survey.quote === 0 ? 'without quotes' : 'with double quotes';
  const said = [
    `Cut by ${DELIMITER_NAMES.get(survey.delimiter)} ${quoting}, ${survey.modalRecords} of ${survey.records} sampled records after the first have ${survey.modalFields} fields.`,
    header.present
      ? `The first record is a header of ${header.names.length} names.`
      : `The first record looks like data; the ${header.names.length} columns are named by position.`,
  ];
  if (bom > 0) said.push('The text begins with a UTF-8 byte order mark.');
  if (encoding.invalid > 0) said.push(`${encoding.invalid} of ${encoding.records} sampled records hold bytes that are not UTF-8.`);
  return said;
}
