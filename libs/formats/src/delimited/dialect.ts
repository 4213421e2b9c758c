import { TEXT_LIMITS } from './limits.js';
import { afterLineEnd, CR, FAULT, LF, MORE, RecordScanner } from './scanner.js';

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

export const DELIMITER_NAMES: ReadonlyMap<number, string> = new Map([
  [0x2c, 'comma'],
  [0x3b, 'semicolon'],
  [0x09, 'tab'],
  [0x7c, 'pipe'],
]);

const QUOTES = [0x22, 0];

/** A text with quotes is nearly always one where quotes quote: only when they break half of its records they are data. */
const UNQUOTED_HANDICAP = 0.5;

/** A text without the delimiter is consistent with it in a trivial way. */
const SINGLE_COLUMN_SCORE = 0.05;

/** The dialect under which the sample is most regular; comma and quotes where nothing speaks for another. `truncated`: the file goes on. */
export function chooseDialect(head: Uint8Array, bom: number, truncated: boolean): Survey {
  let best: Survey | undefined;
  for (const quote of QUOTES) {
    for (const delimiter of DELIMITER_NAMES.keys()) {
      const found = survey(head, bom, truncated, delimiter, quote);
      if (best === undefined || found.score > best.score) best = found;
    }
  }
  return best!;
}

function survey(head: Uint8Array, bom: number, truncated: boolean, delimiter: number, quote: number): Survey {
  const none = new Int32Array(0);
  const scanner = new RecordScanner({ delimiter, quote }, 0, TEXT_LIMITS, none, none);
  const counts = new Map<number, number>();
  let records = 0;
  let headerFields: number | undefined;
  let headerAt = -1;
  for (let p = bom; p < head.length;) {
    if (head[p] === LF || head[p] === CR) {
      p = afterLineEnd(head, p, head.length, true);
      continue;
    }
    const end = scanner.scan(head, p, head.length, !truncated, 0);
    if (headerAt >= 0 && end !== MORE) {
      records++;
      if (end !== FAULT) counts.set(scanner.fields, (counts.get(scanner.fields) ?? 0) + 1);
    } else if (headerAt < 0) {
      headerAt = p;
      if (end !== FAULT && end !== MORE) headerFields = scanner.fields;
      else if (end === MORE) break;
    }
    if (end === MORE) break;
    p = end === FAULT ? nextLine(head, scanner.faultAt) : end;
  }
  const [modalFields, modalRecords] = modal(counts, headerFields ?? 1);
  const score = rate(counts, records, headerFields, modalFields) - (quote === 0 ? UNQUOTED_HANDICAP : 0);
  return { delimiter, quote, headerFields, headerAt, records, modalFields, modalRecords, score };
}

function nextLine(head: Uint8Array, from: number): number {
  let p = from;
  while (p < head.length && head[p] !== LF && head[p] !== CR) p++;
  return p < head.length ? afterLineEnd(head, p, head.length, true) : p;
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
