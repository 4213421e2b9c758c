import { AppError, type Detection, type Encoding, type LayoutColumn, type TextOptions } from '@attune/core';
import { chooseDialect, DELIMITER_NAMES, QUOTES, type DialectChoice } from '../delimited/dialect.js';
import { describeDelimited } from '../delimited/describe.js';
import { describeFixedWidth } from '../fixed-width/describe.js';
import { inferLayout, standsStill } from '../fixed-width/infer-layout.js';
import { structuredFormats } from '../registry.js';
import { BeginsWith } from './begins-with.js';
import type { Description, TextFacts } from './description.js';
import { findEncoding } from './encoding.js';
import { CR, LF, nextLine } from './field-scanner.js';
import { TEXT_LIMITS } from './limits.js';
import { refuseMagic, refuseOtherTexts } from './refuse.js';
import { firstRecordAt, type Sample } from './sample.js';
import { sampleLines } from './sample-lines.js';
import { trailersStart } from './trailers.js';
import { asciiCompatible } from './utf16-sample.js';

export interface TextSample {
  /** The first bytes of the decoded file; enough for the header and a few hundred records, 1 MiB is good. */
  readonly head: Uint8Array;
  /** Cuts from behind the head; only the encoding is looked for in them. */
  readonly windows?: readonly Uint8Array[];
  /** Bytes of the whole decoded file. */
  readonly size: number;
  /** sha256 of a text; this floor has no crypto. */
  readonly fingerprint: (names: string) => string;
  /** What the caller knows; it overrides what would be found out. */
  readonly text?: TextOptions | undefined;
}

/**
 * Finds out how a text is written and cut into fields and what its columns are called: encoding, dialect or layout, header.
 * Throws AppError `unprocessable_file` (no delimited or fixed-width text, or its header cannot be read), `encoding` or
 * `too_many_columns`. The evidence holds counts, never values. The fingerprint is taken over the JSON array of the names.
 */
export function detectText({ head, windows = [], size, fingerprint, text = {} }: TextSample): Detection {
  const truncated = head.length < size;
  refuseMagic(head);
  const choice = dialectChoice(text);
  const { encoding, bom, evidence } = findEncoding(head, windows, text.encoding, !truncated);
  const decoded = asciiCompatible(head.subarray(bom), encoding, !truncated);
  const told = text.delimiter !== undefined || text.layout !== undefined;
  const sample = withoutTrailers({ text: decoded, truncated, ...notRecords(text, encoding) }, text);
  const facts: TextFacts = { sample, encoding, told: text };
  const lines = (): Description => {
    refuseOtherTexts(decoded, told);
    return describe(facts, choice, sampleLines(head, bom, encoding, truncated, text));
  };
  const found = (told ? undefined : structured(facts)) ?? lines();
  const names = found.columns.map(({ name }) => name);
  return {
    ...found,
    container: 'none',
    encoding,
    evidence: [...found.evidence, ...evidence],
    dialect: { ...found.dialect, bom },
    fingerprint: fingerprint(JSON.stringify(names)),
  };
}

function structured(facts: TextFacts): Description | undefined {
  for (const format of structuredFormats) {
    const found = format.describe(facts);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** By the caller's layout, by the delimiter that fits, or by a layout where none does. */
function describe(facts: TextFacts, choice: DialectChoice, lines: readonly string[]): ReturnType<typeof describeDelimited> {
  const { told, sample } = facts;
  if (told.layout !== undefined) return describeFixedWidth(facts, told.layout, lines);
  const survey = chooseDialect(sample, choice);
  const inferred = told.delimiter === undefined ? layoutInstead(survey.modalFields, survey.delimiter, lines) : undefined;
  return inferred === undefined ? describeDelimited(facts, survey) : describeFixedWidth(facts, inferred, lines, 'inferred');
}

/** A layout fits better where no delimiter fits, or where the one that does wanders about in lines that are cut into more columns by blanks. */
function layoutInstead(fields: number, delimiter: number, lines: readonly string[]): readonly LayoutColumn[] | undefined {
  const inferred = inferLayout(lines);
  if (inferred === undefined || fields <= 1) return inferred?.layout;
  const better = inferred.layout.length > Math.max(2, fields) && !standsStill(lines, String.fromCharCode(delimiter));
  return better ? inferred.layout : undefined;
}

const QUOTE_BYTES = { double: 0x22, single: 0x27, none: 0 } as const;

function dialectChoice({ delimiter, quote }: TextOptions): DialectChoice {
  const quotes = quote === undefined ? QUOTES : [QUOTE_BYTES[quote]];
  if (delimiter === undefined) return { delimiters: [...DELIMITER_NAMES.keys()], quotes };
  const byte = delimiter.charCodeAt(0);
  if (byte === 0 || byte > 0x7f || byte === LF || byte === CR) {
    throw new AppError('unprocessable_file', 'The delimiter has to be an ASCII character other than NUL and the line ends.');
  }
  const free = quotes.filter((one) => one !== byte);
  if (free.length === 0) throw new AppError('unprocessable_file', 'The delimiter and the quote are the same character.');
  return { delimiters: [byte], quotes: free };
}

function notRecords({ comments, trailers }: TextOptions, encoding: Encoding): Pick<Sample, 'comments' | 'trailers'> {
  return {
    comments: comments === undefined ? undefined : BeginsWith.of(comments.prefix, encoding),
    trailers: trailers !== undefined && 'prefix' in trailers ? BeginsWith.of(trailers.prefix, encoding) : undefined,
  };
}

/** Declared last lines are cut off where the sample holds the end of the text; its first record never is. */
function withoutTrailers(sample: Sample, { trailers }: TextOptions): Sample {
  const { text } = sample;
  if (trailers === undefined || !('lines' in trailers) || sample.truncated) return sample;
  const from = nextLine(text, firstRecordAt(sample), text.length);
  return { ...sample, text: text.subarray(0, trailersStart(text, from, text.length, trailers.lines, TEXT_LIMITS.trailerBytes, false)) };
}
