import { AppError } from '@attune/core';
import { firstRecords, unreadableHeader, type Description, type TextFacts } from '../text/description.js';
import { firstRecord, namesByPosition, namesOf, type Header } from '../text/header.js';
import { MAX_COLUMNS } from '../text/limits.js';
import { DELIMITER_NAMES, type Survey } from './dialect.js';

/** The header and the columns of a text that the surveyed dialect cuts. */
export function describeDelimited(facts: TextFacts, survey: Survey): Description {
  const width = headerFields(facts, survey);
  const { delimiter, quote } = survey;
  const dialect = { delimiter, quote, header: false, bom: 0 };
  const sample = firstRecords(facts, survey.headerAt, { dialect, layout: null }, width);
  const readable = sample.n > 0 && sample.record[0] === 1;
  if (!readable && facts.told.header !== false) unreadableHeader();
  const present = facts.told.header ?? firstRecord(sample) !== 'data';
  const header = present ? namesOf(sample) : namesByPosition(width);
  return {
    format: 'delimited',
    confidence: survey.records === 0 ? 1 : survey.modalRecords / survey.records,
    evidence: evidence(survey, header, facts.told.header !== undefined),
    dialect: { ...dialect, header: header.present },
    layout: null,
    json: null,
    table: null,
    columns: header.names.map((name, ordinal) => ({ ordinal, name })),
    header_findings: header.findings,
  };
}

function headerFields({ sample }: TextFacts, survey: Survey): number {
  const fields = survey.headerFields;
  if (fields === undefined) {
    const delimiters = sample.text.reduce((count, byte) => count + (byte === survey.delimiter ? 1 : 0), 0);
    if (delimiters >= MAX_COLUMNS && survey.records === 0) tooManyColumns(delimiters + 1);
    throw new AppError('unprocessable_file', 'The header is not closed within the sample, or a quote in it is faulty.');
  }
  if (fields > MAX_COLUMNS) tooManyColumns(fields);
  return fields;
}

function tooManyColumns(columns: number): never {
  throw new AppError('too_many_columns', `The header has at least ${columns} columns; the limit is ${MAX_COLUMNS}.`);
}

const QUOTING: ReadonlyMap<number, string> = new Map([
  [0x22, 'with double quotes'],
  [0x27, 'with single quotes'],
  [0, 'without quotes'],
]);

const delimiterName = (byte: number): string =>
  DELIMITER_NAMES.get(byte) ?? `the character U+${byte.toString(16).toUpperCase().padStart(4, '0')}`;

function evidence(survey: Survey, header: Header, told: boolean): string[] {
  const cut = `Cut by ${delimiterName(survey.delimiter)} ${QUOTING.get(survey.quote)}`;
  const count = header.names.length;
  const how = told ? 'By the word of the caller, the' : 'The';
  return [
    `${cut}, ${survey.modalRecords} of ${survey.records} sampled records after the first have ${survey.modalFields} fields.`,
    header.present
      ? `${how} first record is a header of ${count} names.`
      : told
        ? `${how} text has no header; the ${count} columns are named by position.`
        : `The first record looks like data; the ${count} columns are named by position.`,
  ];
}
