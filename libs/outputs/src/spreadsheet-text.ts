import { columnList, identifier, join, literal, sql, textList, type Sql } from '@attune/sql';
import type { OutputOptions, ResultColumn } from './output.js';

/** What a spreadsheet takes for the beginning of a formula (OWASP, CSV injection), full-width forms among them; a sign only where something follows that is no number. */
const STARTERS = '=@\\t\\r\\x{3000}\\x{ff1d}\\x{ff0b}\\x{ff0d}\\x{ff20}';
const SIGN = '[+-]([^0-9]|[0-9]+([^0-9.]|[.]([^0-9]|$|[0-9]+[^0-9])))';
const FORMULA = `^('+[+-]|'*[${STARTERS}]|${SIGN})`;
const APOSTROPHE = "'";
/** Signs that begin a formula wherever they stand first: of ASCII as such, full-width ones in UTF-8. */
const PLAIN_STARTERS = new Uint8Array(256);
for (const sign of '=@\t\r') PLAIN_STARTERS[sign.charCodeAt(0)] = 1;
const WIDE_STARTERS = [0xe38080, 0xefbc9d, 0xefbc8b, 0xefbc8d, 0xefbca0];
/** First bytes of what may begin a formula. */
const SUSPECT = Uint8Array.from({ length: 256 }, (_, byte) =>
  PLAIN_STARTERS[byte] === 1 || [0x27, 0x2b, 0x2d, 0xe3, 0xef].includes(byte) ? 1 : 0,
);

/**
 * The rows of silver for a file that people open in a spreadsheet. A text that begins with one of STARTERS, maybe behind apostrophes, and is
 * neither just a number nor just a sign gets one apostrophe in front, so that nothing is calculated. Columns of other types are proven and stay as they are.
 * To undo it: take one apostrophe away from every text that begins with apostrophes and one of STARTERS behind them.
 */
export function spreadsheetRows(silver: readonly string[], columns: readonly ResultColumn[], { defuseFormulas }: OutputOptions): Sql {
  const rows = sql`FROM read_parquet(${textList(silver)})`;
  if (!defuseFormulas) return sql`SELECT ${columnList(columns.map(({ name }) => name))} ${rows}`;
  return sql`SELECT ${join(columns.map(({ name, isText }) => (isText ? sql`${defused(identifier(name))} AS ${identifier(name)}` : identifier(name))))} ${rows}`;
}

/**
 * Asks silver which of these text columns hold a value that needs a closer look: one row of 0 and 1, a column each. A closer look at every column
 * of a wide table would take longer to prepare than to do.
 */
export function formulaQuestion(silver: readonly string[], columns: readonly ResultColumn[]): Sql {
  const asked = columns.map(({ name }) => sql`CAST(coalesce(bool_or(${near(identifier(name))}), false) AS INTEGER)`);
  return sql`SELECT ${join(asked)} FROM read_parquet(${textList(silver)})`;
}

/** By the order of their first bytes nearly all values pass without a closer look: of ASCII, only what lies before `.` or between `=` and `A` has one. */
function near(value: Sql): Sql {
  return sql`(${value} < '.' OR (${value} >= '=' AND ${value} < 'A') OR ${value} >= ${literal('\u3000')})`;
}

function defused(value: Sql): Sql {
  return sql`CASE WHEN ${near(value)} AND regexp_matches(${value}, ${literal(FORMULA)}) THEN ${literal(APOSTROPHE)} || ${value} ELSE ${value} END`;
}

/** Whether the text `buf[start, end)` in UTF-8 gets an apostrophe; says what FORMULA says. */
export function beginsFormula(buf: Uint8Array, start: number, end: number): boolean {
  if (start === end || SUSPECT[buf[start]!] === 0) return false;
  let at = start;
  while (at < end && buf[at] === 0x27) at++;
  if (at === end) return false;
  const first = buf[at]!;
  if (PLAIN_STARTERS[first] === 1) return true;
  if (first === 0x2b || first === 0x2d) return at > start || !isSignedNumber(buf, at + 1, end);
  return end - at > 2 && WIDE_STARTERS.includes((first << 16) | (buf[at + 1]! << 8) | buf[at + 2]!);
}

/** After a sign: nothing, digits, or digits with a point and more digits. */
function isSignedNumber(buf: Uint8Array, start: number, end: number): boolean {
  if (start === end) return true;
  const point = digitsEnd(buf, start, end);
  if (point === start) return false;
  if (point === end) return true;
  const last = digitsEnd(buf, point + 1, end);
  return buf[point] === 0x2e && last > point + 1 && last === end;
}

function digitsEnd(buf: Uint8Array, start: number, end: number): number {
  let at = start;
  while (at < end && buf[at]! >= 0x30 && buf[at]! <= 0x39) at++;
  return at;
}
