import { FAULT, MORE, nextLine } from '../text/field-scanner.js';
import { TEXT_LIMITS } from '../text/limits.js';
import { skipLine, type Sample } from '../text/sample.js';
import { DelimitedScanner } from './scanner.js';

/** What a sample looks like when it is cut by one delimiter and quote. */
export interface Survey {
  readonly delimiter: number;
  readonly quote: number;
  /** Fields of the first record; undefined when the sample ends inside it or a quote in it is faulty. */
  readonly headerFields: number | undefined;
  /** Where the first record starts. */
  readonly headerAt: number;
  /** Whole records and faulty lines after the first record. */
  readonly records: number;
  /** The commonest number of fields after the first record, or the first record's where nothing follows. */
  readonly modalFields: number;
  /** Records after the first that have `modalFields`. */
  readonly modalRecords: number;
  readonly score: number;
}

/** Characters that the dialect may be made of; what the caller has said leaves one. */
export interface DialectChoice {
  readonly delimiters: readonly number[];
  readonly quotes: readonly number[];
}

/** The more usual come first: they win where nothing speaks for another. */
export const DELIMITER_NAMES: ReadonlyMap<number, string> = new Map([
  [0x2c, 'comma'],
  [0x3b, 'semicolon'],
  [0x09, 'tab'],
  [0x7c, 'pipe'],
  [0x5e, 'caret'],
  [0x7e, 'tilde'],
  [0x01, 'byte 0x01'],
]);

const DOUBLE_QUOTE = 0x22;
const SINGLE_QUOTE = 0x27;
export const QUOTES: readonly number[] = [DOUBLE_QUOTE, SINGLE_QUOTE, 0];

/** A text with quotes is nearly always one where quotes quote: only when they break half of its records they are data. */
const UNQUOTED_HANDICAP = 0.5;

/**
 * Apostrophes begin names (’t Hooft, ’s-Gravenhage), and some columns hold values in them: they quote only if also the header is
 * quoted or more records agree with them, clearly more where they enclose a field in few records.
 */
const QUOTED_SHARE = 0.5;
const RARE_QUOTE_HANDICAP = 0.05;
const NEEDLESS_QUOTE_HANDICAP = 1e-6;

/** Quotes that enclose fields speak for themselves where the fields are as many with others. */
const ENCLOSED_BONUS = 0.01;

/** A text without the delimiter is consistent with it in a trivial way. */
const SINGLE_COLUMN_SCORE = 0.05;

/** The dialect under which the sample is most regular; comma and double quotes where nothing speaks for another. */
export function chooseDialect(sample: Sample, { delimiters, quotes }: DialectChoice): Survey {
  const present = (byte: number): boolean => sample.text.includes(byte);
  // One that the text does not hold stands for all of them: the text has one column then.
  const absent = delimiters.find((delimiter) => !present(delimiter));
  const tried = delimiters.filter((delimiter) => delimiter === absent || present(delimiter));
  const quoting = quotes.filter((quote) => quote === DOUBLE_QUOTE || (quote === 0 ? present(DOUBLE_QUOTE) : present(quote)));
  let best: Survey | undefined;
  for (const quote of quoting.length > 0 ? quoting : quotes.slice(0, 1)) {
    for (const delimiter of tried) {
      const found = survey(sample, delimiter, quote);
      if (best === undefined || found.score > best.score) best = found;
    }
  }
  return best!;
}

function survey(sample: Sample, delimiter: number, quote: number): Survey {
  const { text, truncated } = sample;
  const none = new Int32Array(0);
  const scanner = new DelimitedScanner({ delimiter, quote }, 0, TEXT_LIMITS, none, none);
  const counts = new Map<number, number>();
  let records = 0;
  let enclosed = 0;
  let headerFields: number | undefined;
  let headerAt = -1;
  let headerQuoted = false;
  for (let p = 0; p < text.length;) {
    const skipped = skipLine(sample, p, headerAt >= 0);
    if (skipped > p) {
      p = skipped;
      continue;
    }
    const end = scanner.scan(text, p, text.length, !truncated, 0);
    if (end >= 0 && scanner.enclosed > 0 && headerAt >= 0) enclosed++;
    if (headerAt >= 0 && end !== MORE) {
      records++;
      if (end !== FAULT) counts.set(scanner.fields, (counts.get(scanner.fields) ?? 0) + 1);
    } else if (headerAt < 0) {
      headerAt = p;
      headerQuoted = scanner.enclosed > 0;
      if (end !== FAULT && end !== MORE) headerFields = scanner.fields;
      else if (end === MORE) break;
    }
    if (end === MORE) break;
    p = end === FAULT ? nextLine(text, scanner.faultAt, text.length) : end;
  }
  const [modalFields, modalRecords] = modal(counts, headerFields ?? 1);
  const share = enclosed / Math.max(1, records);
  const score = rate(counts, records, headerFields, modalFields) + quoteScore(quote, share, headerQuoted);
  return { delimiter, quote, headerFields, headerAt: Math.max(headerAt, 0), records, modalFields, modalRecords, score };
}

/** `share`: records with a field that is enclosed in quotes. */
function quoteScore(quote: number, share: number, inHeader: boolean): number {
  if (quote === 0) return -UNQUOTED_HANDICAP;
  if (quote === SINGLE_QUOTE && share < QUOTED_SHARE) return -RARE_QUOTE_HANDICAP;
  return quote === SINGLE_QUOTE && !inHeader ? -NEEDLESS_QUOTE_HANDICAP : ENCLOSED_BONUS * Math.min(1, share);
}

function modal(counts: ReadonlyMap<number, number>, fallback: number): [fields: number, records: number] {
  let best: [number, number] = [fallback, 0];
  for (const [fields, records] of counts) if (records > best[1] || (records === best[1] && fields > best[0])) best = [fields, records];
  return best;
}

/**
 * The share of records that agree with the header, or half the share that agree only with each other.
 * Many columns that agree are stronger evidence than two: one comma in every name is no delimiter.
 */
function rate(counts: ReadonlyMap<number, number>, records: number, headerFields: number | undefined, modalFields: number): number {
  const share = (fields: number): number => (records === 0 ? 1 : (counts.get(fields) ?? 0) / records);
  const weight = (fields: number): number => 1 + Math.log2(fields) / 8;
  const byHeader = headerFields !== undefined && headerFields > 1 ? share(headerFields) * weight(headerFields) : 0;
  // Lines without the delimiter may be the text of one long quoted field: they weaken the others' agreement, they do not outvote it.
  const delimited = records - (counts.get(1) ?? 0);
  const amongDelimited =
    headerFields !== undefined && headerFields > 1 && delimited > 0
      ? ((counts.get(headerFields) ?? 0) / delimited) * weight(headerFields) * Math.sqrt(delimited / records)
      : 0;
  const byRecords = modalFields > 1 ? (share(modalFields) * weight(modalFields)) / 2 : 0;
  const single = headerFields === 1 && modalFields === 1 ? SINGLE_COLUMN_SCORE * share(1) : 0;
  return Math.max(byHeader, amongDelimited, byRecords, single);
}
