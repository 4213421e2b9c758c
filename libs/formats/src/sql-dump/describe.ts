import { Buffer } from 'node:buffer';
import { AppError } from '@attune/core';
import type { Description, TextFacts } from '../text/description.js';
import { MAX_COLUMNS } from '../text/limits.js';
import { BACKTICK, COMMA, DOUBLE, TAB, type SqlDialect } from './lexer.js';
import { surveyTables, type SurveyedTable } from './survey.js';

/** Signs of a dialect; each counts once. */
const MYSQL_SIGNS = [
  /^-- (MySQL|MariaDB) dump/m,
  /\/\*!\d{5}/,
  /^(INSERT|REPLACE)[A-Z ]* INTO `/im,
  /^CREATE TABLE[A-Z ]* `/im,
  /\bENGINE ?=/,
  /^LOCK TABLES /m,
];
const STANDARD_SIGNS = [
  /^-- PostgreSQL database dump/m,
  /^COPY .* FROM stdin;$/m,
  /^SET (standard_conforming_strings|client_encoding|search_path)\b/m,
  /^SELECT pg_catalog\./m,
  /^PRAGMA /m,
  /^(INSERT INTO|CREATE TABLE) ("|public\.)/m,
  /'::[a-z]/,
];
/** A text that begins otherwise is no dump; looked at first, because every other text is asked too. */
const BEGINNING = /^(\s|--[^\n]*\n|#[^\n]*\n|\/\*.*?\*\/|;)*(\\|[A-Za-z]{2,12}\b)/s;
const TOLD_TABLES = 20;

/** What a dump of a database holds, told by its first statements; undefined for any other text. Throws AppError `unprocessable_file` and `too_many_columns`. */
export function describeSqlDump({ sample, told }: TextFacts): Description | undefined {
  if (!BEGINNING.test(Buffer.from(sample.text.subarray(0, 1 << 16)).toString('latin1'))) return undefined;
  const latin = Buffer.from(sample.text).toString('latin1');
  const [mysql, standard] = [MYSQL_SIGNS, STANDARD_SIGNS].map((signs) => signs.filter((sign) => sign.test(latin)).length);
  // Where nothing tells them apart, a quote behind a backslash does: the standard knows none.
  const dialect: SqlDialect = { mysql: mysql === standard ? /\\'/.test(latin) : mysql! > standard! };
  const tables = surveyTables(sample.text, sample.truncated, dialect);
  if (tables === undefined) return undefined;
  const table = chosen(tables, told.table, sample.truncated);
  const columns = namesOf(table);
  if (columns.length > MAX_COLUMNS) {
    throw new AppError('too_many_columns', `The table has ${columns.length} columns, more than the limit of ${MAX_COLUMNS}.`);
  }
  return {
    format: 'sql-dump',
    confidence: table.rows > 0 ? 1 : 0.9,
    evidence: [
      `The text is a dump of SQL statements in the dialect of ${dialect.mysql ? 'MySQL' : 'PostgreSQL and the standard'} (${mysql} signs against ${standard}); rows are ${table.copy ? 'lines of COPY blocks' : 'tuples of INSERT statements'}.`,
      tablesTold(tables, table, told.table !== undefined),
    ],
    // Names stand in statements, so there is no first record to be taken for them.
    dialect: { delimiter: table.copy ? TAB : COMMA, quote: dialect.mysql ? BACKTICK : DOUBLE, header: true, bom: 0 },
    layout: null,
    json: null,
    table: table.name,
    columns: columns.map((name, ordinal) => ({ ordinal, name })),
    header_findings: table.columns === null ? [{ code: 'header.absent' }] : [],
  };
}

/** The table that is asked for, by its full or its last name; else the one with the most rows. */
function chosen(tables: readonly SurveyedTable[], asked: string | undefined, truncated: boolean): SurveyedTable {
  const where = truncated ? ' in the first part of the dump that is looked at' : '';
  if (asked === undefined) {
    const most = tables.reduce((one, other) => (other.rows > one.rows ? other : one));
    if (most.rows > 0) return most;
    throw new AppError('unprocessable_file', `The SQL dump holds no rows of a table${where}.`);
  }
  const found =
    tables.find(({ name }) => name === asked) ??
    tables.find(({ name }) => lastPart(name) === asked) ??
    tables.find(({ name }) => lastPart(name).toLowerCase() === asked.toLowerCase());
  if (found !== undefined && (found.columns !== null || found.rows > 0)) return found;
  throw new AppError('unprocessable_file', `The SQL dump has no table of the name that is asked for${where}; it has ${listed(tables)}.`);
}

const lastPart = (name: string): string => name.slice(name.lastIndexOf('.') + 1);

function namesOf({ columns, width }: SurveyedTable): readonly string[] {
  return columns ?? Array.from({ length: width }, (_, column) => `column_${column + 1}`);
}

function listed(tables: readonly SurveyedTable[]): string {
  const told = tables.slice(0, TOLD_TABLES).map(({ name, rows }) => `${name} (${rows})`);
  return `${told.join(', ')}${tables.length > TOLD_TABLES ? ` and ${tables.length - TOLD_TABLES} more` : ''}`;
}

function tablesTold(tables: readonly SurveyedTable[], table: SurveyedTable, asked: boolean): string {
  const why = asked ? 'which was asked for' : 'which has the most rows there';
  return `Tables in the sample, with their rows: ${listed(tables)}. The table ${table.name} is read, ${why}.`;
}
