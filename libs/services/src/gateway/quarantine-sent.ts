import { MENDING_COLUMNS, type QuarantineRecord } from '@attune/api';
import { AppError, type ErrorPlace } from '@attune/core';
import { csvTable } from './csv-table.js';
import { unescaped } from './quarantine-text.js';

/** A record as somebody sent it back; which of its texts differ from what was received is found out later. */
export interface SentRecord {
  /** Where it stands in the body, as a JSON Pointer: the n-th record, counted from 0. */
  readonly pointer: string;
  readonly record: number;
  readonly text?: string;
  /** By the names of the source columns in the download. */
  readonly values: ReadonlyMap<string, string>;
}

const OURS: ReadonlySet<string> = new Set(MENDING_COLUMNS);
const OF_THE_LIST: ReadonlySet<string> = new Set<keyof QuarantineRecord>([
  'record',
  'member',
  'line',
  'byte_offset',
  'byte_length',
  'column',
  'field',
  'code',
  'message',
  'raw',
  'raw_base64',
  'generation',
]);

/**
 * Reads what was sent: CSV as it was downloaded, NDJSON, or one JSON array, told apart by how it begins.
 * @throws AppError unprocessable_file with the places of what cannot be read.
 */
export function sentRecords(bytes: Uint8Array): readonly SentRecord[] {
  const text = textOf(bytes);
  const first = text.trimStart()[0];
  if (first === undefined) return [];
  if (first === '[') return jsonArray(text).map(fromObject);
  if (first === '{') return text.split('\n').flatMap((line, i) => (line.trim() === '' ? [] : [fromObject(jsonLine(line, i), i)]));
  return fromCsv(text);
}

/** @throws AppError unprocessable_file */
export function refuseSent(detail: string, places: readonly ErrorPlace[]): never {
  throw new AppError('unprocessable_file', detail, { errors: places.slice(0, 100) });
}

function textOf(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return refuseSent('The file is not UTF-8. Spreadsheets save it so as "CSV UTF-8".', []);
  }
}

function jsonArray(text: string): readonly unknown[] {
  try {
    const value = JSON.parse(text) as unknown;
    if (Array.isArray(value)) return value;
  } catch {
    // What the parser says quotes the text.
  }
  return refuseSent('The file begins like a JSON array and is none.', []);
}

function jsonLine(line: string, index: number): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return refuseSent(`Line ${index + 1} is not JSON.`, [{ pointer: `/${index}`, code: 'invalid_json', message: 'The line is not JSON.' }]);
  }
}

/** An object with `_record` names source columns; one without is a line of the downloaded NDJSON. */
function fromObject(value: unknown, index: number): SentRecord {
  const pointer = `/${index}`;
  if (value === null || typeof value !== 'object' || Array.isArray(value))
    return refuseSent(`Record ${index + 1} of the file is no object.`, [
      { pointer, code: 'invalid_type', message: 'An object is expected.' },
    ]);
  const members = Object.entries(value as Record<string, unknown>);
  const named = members.some(([name]) => name === '_record');
  const of = (name: string): unknown => members.find(([own]) => own === name)?.[1];
  const text = of(named ? '_raw' : 'raw');
  const rest = members.filter(([name]) => !(named ? OURS : OF_THE_LIST).has(name));
  return {
    pointer,
    record: ordinalOf(of(named ? '_record' : 'record'), pointer),
    ...(text === undefined || text === null ? {} : { text: scalar(text, `${pointer}/_raw`) }),
    values: new Map(rest.map(([name, member]) => [name, scalar(member, pointer)])),
  };
}

function scalar(value: unknown, pointer: string): string {
  if (value === null) return '';
  if (typeof value === 'string') return value;
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  return refuseSent('A value is neither text nor number.', [{ pointer, code: 'invalid_type', message: 'A text is expected.' }]);
}

function fromCsv(text: string): readonly SentRecord[] {
  const { header, rows } = csvTable(text, '_record');
  const names = header.map(unescaped);
  const repeated = names.find((name, i) => name !== '' && names.indexOf(name) !== i);
  if (!names.includes('_record') || repeated !== undefined)
    return refuseSent('The first row has to name every column once, and one of them `_record`.', []);
  return rows.map((cells, index) => {
    const pointer = `/${index}`;
    if (cells.slice(names.length).some((cell) => cell !== ''))
      return refuseSent(`Row ${index + 2} has more cells than the first row.`, [
        { pointer, code: 'field_count', message: 'Too many cells.' },
      ]);
    const given = new Map(
      names.flatMap((name, i) => (cells[i] === undefined || name === '' ? [] : [[name, unescaped(cells[i])] as const])),
    );
    const raw = given.get('_raw') ?? '';
    const record = ordinalOf(given.get('_record'), pointer);
    return { pointer, record, ...(raw === '' ? {} : { text: raw }), values: new Map([...given].filter(([name]) => !OURS.has(name))) };
  });
}

function ordinalOf(value: unknown, pointer: string): number {
  const ordinal = typeof value === 'string' && /^\d{1,15}$/.test(value.trim()) ? Number(value) : value;
  if (typeof ordinal === 'number' && Number.isSafeInteger(ordinal) && ordinal > 0) return ordinal;
  return refuseSent('A record does not say which one it is.', [
    { pointer: `${pointer}/_record`, code: 'required', message: 'The ordinal of the record, as in the download.' },
  ]);
}
