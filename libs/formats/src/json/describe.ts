import { Buffer } from 'node:buffer';
import { AppError, type JsonRecords } from '@attune/core';
import type { Description, TextFacts } from '../text/description.js';
import { MAX_COLUMNS, TEXT_LIMITS } from '../text/limits.js';
import { isSingleByte } from '../text/single-byte.js';
import { OPEN_BRACE, OPEN_BRACKET, passSpace } from './bytes.js';
import { JsonReader } from './json-reader.js';
import { LeafPaths, parseShape, type JsonValue } from './leaf-paths.js';
import { findRecords } from './record-places.js';

/** Records of the sample whose paths become columns. */
const SAMPLE_RECORDS = 2000;
/** Paths of the sample, columns or not. */
const MOST_PATHS = 16 * MAX_COLUMNS;

const DIALECT = { delimiter: 0, quote: 0, header: false, bom: 0 };

/** Where the records of a JSON text are and which paths they have; undefined for other texts, and for one that cannot be read as JSON. */
export function describeJson({ sample, encoding, told }: TextFacts): Description | undefined {
  const { text, truncated } = sample;
  const first = text[passSpace(text, 0, text.length)];
  if (told.json === undefined && first !== OPEN_BRACE && first !== OPEN_BRACKET) return undefined;
  const json = told.json ?? findRecords(text, truncated);
  if (json === undefined) return undefined;
  const latin = isSingleByte(encoding);
  const decoder = new TextDecoder(latin ? 'windows-1252' : 'utf-8');
  const reader = new JsonReader(
    { dialect: DIALECT, encoding: latin ? encoding : 'utf-8', layout: null, comments: null, trailers: null },
    json,
    ['_other'],
    { batchRecords: 100, limits: { fieldBytes: TEXT_LIMITS.recordBytes } },
  );
  const paths = new LeafPaths(MOST_PATHS);
  const counted = readShapes(reader, text, !truncated, (start, end) => {
    paths.add(parseShape(decoder.decode(text.subarray(start, end))) as ReadonlyMap<string, JsonValue>);
  });
  if (counted.accepted === 0) return nothingFound(text, told.json !== undefined);
  const { names, more } = paths.columns(MAX_COLUMNS);
  return {
    format: 'json',
    confidence: counted.accepted / (counted.accepted + counted.rejected),
    evidence: evidence(json, counted, names.length - 1, more),
    dialect: DIALECT,
    layout: null,
    json,
    table: null,
    columns: names.map((name, ordinal) => ({ ordinal, name })),
    header_findings: [],
  };
}

interface Counted {
  accepted: number;
  rejected: number;
}

function readShapes(reader: JsonReader, text: Uint8Array, last: boolean, seen: (start: number, end: number) => void): Counted {
  const counted = { accepted: 0, rejected: 0 };
  const copy = new Uint8Array(text);
  for (let at = 0; counted.accepted < SAMPLE_RECORDS;) {
    const consumed = reader.read(copy, at, copy.length, last);
    const { batch, rejected } = reader;
    for (let r = 0; r < batch.n && counted.accepted < SAMPLE_RECORDS; r++, counted.accepted++) {
      seen(batch.byteOffset[r]!, batch.byteOffset[r]! + batch.byteLength[r]!);
    }
    counted.rejected += rejected.length;
    at += consumed;
    if (consumed === 0 || at === copy.length) break;
  }
  return counted;
}

function nothingFound(text: Uint8Array, told: boolean): undefined {
  if (told) throw new AppError('unprocessable_file', 'No object was found where the records of the JSON text are said to be.');
  try {
    JSON.parse(Buffer.from(text).toString('latin1'));
  } catch {
    return undefined;
  }
  throw new AppError('unprocessable_file', 'The file is JSON, but holds no objects that could be records.');
}

const PLACES: Readonly<Record<JsonRecords['records'], string>> = {
  lines: 'one object a line',
  array: 'the objects of an array',
  member: 'the objects of the array at',
  object: 'the one object that it is, or objects one after another',
};

function evidence({ records, path }: JsonRecords, { accepted, rejected }: Counted, columns: number, more: boolean): string[] {
  const place = records === 'member' ? `${PLACES.member} ${path.join('.')}; the members around it hold none` : PLACES[records];
  const sentences = [
    `The text is JSON; its records are ${place}.`,
    `${accepted} of ${accepted + rejected} sampled records are sound and hold values at ${columns} paths.`,
  ];
  return more ? [...sentences, 'Further paths have no column of their own; what they hold is in the last one.'] : sentences;
}
