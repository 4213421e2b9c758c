import type { Plan } from '@attune/core';
import { openReader, type RecordReader } from '@attune/formats';
import { utf8 } from '../transform/utf8.js';
import type { MendedRecord } from './mended-record.js';

const COMMA = 0x2c;
const QUOTE = 0x22;

/** The bytes of one mended record and the reader that they are for. Both are used once: a record must not reach into the next. */
export interface MendedText {
  readonly bytes: Uint8Array;
  readonly reader: RecordReader;
}

/** A record as text is read as the source was, a record as values by a dialect of our own, which can hold every value. */
export function openMended({ text, values }: Pick<MendedRecord, 'text' | 'values'>, plan: Plan): MendedText {
  const width = plan.columns.length;
  if (values === undefined) return { bytes: utf8(`${oneLine(text ?? '', plan)}\n`), reader: openReader(asSource(plan), width, ONE) };
  return { bytes: utf8(`${values.map(quoted).join(',')}\n`), reader: openReader(asValues(plan), width, ONE) };
}

/** More than one record in the text of one is noticed, so there is room for a second. */
const ONE = { batchRecords: 2 };

function asSource(plan: Plan): Plan {
  return {
    ...plan,
    encoding: 'utf-8',
    dialect: { ...plan.dialect, header: false, bom: 0 },
    json: plan.json === null ? null : { records: 'lines', path: [] },
    comments: null,
    trailers: null,
  };
}

function asValues(plan: Plan): Plan {
  const dialect = { delimiter: COMMA, quote: QUOTE, header: false, bom: 0 };
  return { ...asSource(plan), format: 'delimited', json: null, table: null, layout: null, dialect };
}

/** A record has its line end from us; an object may be written over several lines, and no line break in JSON is part of a value. */
function oneLine(text: string, { format }: Plan): string {
  const whole = text.replace(/[\r\n]+$/, '');
  return format === 'json' ? whole.replaceAll(/[\r\n]+/g, ' ') : whole;
}

const quoted = (value: string): string => `"${value.replaceAll('"', '""')}"`;
