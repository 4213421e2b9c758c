import { Buffer } from 'node:buffer';
import type { Dialect } from '@attune/core';
import fc from 'fast-check';
import { openReader } from './open-reader.js';
import type { RecordReader } from './record-reader.js';
import type { TextLimits } from './limits.js';
import { firstInvalidUtf8 } from './utf8.js';

/** Small enough that random texts reach every one of them. */
const LIMITS: TextLimits = { fieldBytes: 6, recordBytes: 12, recordLines: 3, trailerBytes: 12 };
const RUNS = 2000;
const COMMA: Dialect = { delimiter: 0x2c, quote: 0x22, header: false, bom: 0 };
const PLAIN = { encoding: 'utf-8', layout: null, comments: null, trailers: null } as const;

interface Reading {
  records: {
    record: number;
    line: number;
    byteOffset: number;
    byteLength: number;
    fields?: string[];
    code?: string;
    column?: number | undefined;
  }[];
  bytes: { header: number; accepted: number; quarantined: number; blank: number };
}

type Parsed = { fields: string[]; end: number } | { code: string; column: number; faultAt: number };

const isUtf8Text = (latin1: string): boolean => {
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(Buffer.from(latin1, 'latin1'));
    return true;
  } catch {
    return false;
  }
};
const lineEndAt = (text: string, p: number): number => /^(\r\n|\n|\r)?/.exec(text.slice(p, p + 2))![0].length;
const lineEnds = (text: string): number => (text.match(/\r\n|\n|\r/g) ?? []).length;

/** The quoted field at `at`: its text and end, or undefined when it is not closed within the limits. */
function quotedField(text: string, start: number, at: number): { value: string; end: number } | undefined {
  const match = /^"((?:[^"]|"")*)"(?!")/.exec(text.slice(at));
  if (match === null) return undefined;
  const end = at + match[0].length;
  if (end - at > LIMITS.fieldBytes || end - start > LIMITS.recordBytes) return undefined;
  // Whether a CR right before the closing quote is a line end of its own is clear: it is.
  if (lineEnds(text.slice(start, end)) >= LIMITS.recordLines) return undefined;
  return { value: match[1]!.replaceAll('""', '"'), end };
}

function parseRecord(text: string, start: number, delimiter: string, quoted: boolean): Parsed {
  const fields: string[] = [];
  for (let at = start; ; at++) {
    const column = fields.length;
    if (quoted && text[at] === '"' && at - start <= LIMITS.recordBytes) {
      const field = quotedField(text, start, at);
      if (field === undefined) return { code: 'csv.unterminated_quote', column, faultAt: at };
      fields.push(field.value);
      if (field.end < text.length && ![delimiter, '\r', '\n'].includes(text[field.end]!))
        return { code: 'csv.stray_quote', column, faultAt: at };
      at = field.end;
    } else {
      let end = at;
      while (end < text.length && ![delimiter, '\r', '\n'].includes(text[end]!)) end++;
      if (end - at > LIMITS.fieldBytes || end - start > LIMITS.recordBytes) return { code: 'record.too_long', column, faultAt: at };
      fields.push(text.slice(at, end));
      at = end;
    }
    if (text[at] !== delimiter) return { fields, end: at + lineEndAt(text, at) };
  }
}

/** The reader written to be read: the whole text at hand, one string per field. */
function oracle(bytes: Uint8Array, dialect: Dialect, width: number): Reading {
  const text = Buffer.from(bytes).toString('latin1');
  const delimiter = String.fromCharCode(dialect.delimiter);
  const start = Math.min(dialect.bom, text.length);
  const reading: Reading = { records: [], bytes: { header: start, accepted: 0, quarantined: 0, blank: 0 } };
  let header = dialect.header;
  let record = 0;
  for (let p = start, line = 1; p < text.length;) {
    if (lineEndAt(text, p) > 0) {
      reading.bytes.blank += lineEndAt(text, p);
      p += lineEndAt(text, p);
      line++;
      continue;
    }
    const parsed = parseRecord(text, p, delimiter, dialect.quote !== 0);
    const end = 'end' in parsed ? parsed.end : parsed.faultAt + /^[^\r\n]*(\r\n|\n|\r)?/.exec(text.slice(parsed.faultAt))![0].length;
    const whole = text.slice(p, end);
    const place = { record: record + 1, line, byteOffset: p, byteLength: whole.length };
    if (header) {
      reading.bytes.header += whole.length;
      header = false;
    } else {
      record++;
      const bad = 'fields' in parsed ? parsed.fields.findIndex((field) => !isUtf8Text(field)) : -1;
      if ('code' in parsed) reading.records.push({ ...place, code: parsed.code, column: parsed.column });
      else if (parsed.fields.length !== width)
        reading.records.push({ ...place, code: 'csv.field_count', column: Math.min(parsed.fields.length, width) });
      else if (bad >= 0) reading.records.push({ ...place, code: 'text.invalid_encoding', column: bad });
      else reading.records.push({ ...place, fields: parsed.fields });
      reading.bytes[reading.records.at(-1)!.code === undefined ? 'accepted' : 'quarantined'] += whole.length;
    }
    line += Math.max(1, lineEnds(whole));
    p = end;
  }
  return reading;
}

/** Reads the stream as its bytes arrive in pieces; asserts the byte identity after every read. */
function readInPieces(bytes: Uint8Array, dialect: Dialect, width: number, pieces: readonly number[], batchRecords: number): Reading {
  const reader = openReader({ ...PLAIN, dialect }, width, { limits: LIMITS, batchRecords });
  const buf = Uint8Array.from(bytes);
  const records: Reading['records'] = [];
  let from = 0;
  let to = 0;
  for (let i = 0; ; i++) {
    to = Math.min(bytes.length, to + pieces[i % pieces.length]!);
    const last = to === bytes.length;
    let consumed;
    do {
      consumed = reader.read(buf, from, to, last);
      from += consumed;
      collect(reader, records);
      const { header, accepted, quarantined, blank, comment } = reader.account;
      if (header + accepted + quarantined + blank + comment !== from) throw new Error('A byte is unaccounted for.');
    } while (consumed > 0);
    if (!last && to - from > LIMITS.recordBytes + 2) throw new Error('The reader asks for more bytes than the limits allow.');
    if (last) break;
  }
  if (from !== bytes.length) throw new Error('Bytes were left over at the end of the stream.');
  for (const rejected of records.filter(({ code }) => code !== undefined)) {
    const { byteOffset, byteLength } = rejected;
    if (Buffer.compare(buf.subarray(byteOffset, byteOffset + byteLength), bytes.subarray(byteOffset, byteOffset + byteLength)) !== 0)
      throw new Error('The bytes of a rejected record were changed.');
  }
  const { header, accepted, quarantined, blank, recordsAccepted, recordsQuarantined } = reader.account;
  if (recordsAccepted + recordsQuarantined !== records.length) throw new Error('A record is unaccounted for.');
  return { records, bytes: { header, accepted, quarantined, blank } };
}

function collect({ batch, rejected }: RecordReader, into: Reading['records']): void {
  const read: Reading['records'] = rejected.map((one) => ({ ...one }));
  for (let r = 0; r < batch.n; r++) {
    const fields = Array.from({ length: batch.width }, (_, c) => {
      const cell = r * batch.width + c;
      return Buffer.from(batch.buf.subarray(batch.starts[cell], batch.ends[cell])).toString('latin1');
    });
    read.push({
      record: batch.record[r]!,
      line: batch.line[r]!,
      byteOffset: batch.byteOffset[r]!,
      byteLength: batch.byteLength[r]!,
      fields,
    });
  }
  into.push(...read.sort((a, b) => a.record - b.record));
}

const token = fc.constantFrom(
  ',',
  ',',
  '"',
  '"',
  '""',
  '\r',
  '\n',
  '\n',
  '\r\n',
  'a',
  'b',
  '\xc3\xa9',
  '\xff',
  '\xe2\x82',
  '\0',
  ' ',
  ',"',
  '",',
);
const stream = fc.array(token, { maxLength: 40 }).map((tokens) => Uint8Array.from(Buffer.from(tokens.join(''), 'latin1')));
const dialects = fc.record({
  delimiter: fc.constant(0x2c),
  quote: fc.constantFrom(0x22, 0x22, 0x22, 0),
  header: fc.boolean(),
  bom: fc.constantFrom(0, 3),
});

test('any cut of the stream and any batch size read what the reference reads, and every byte is accounted for', () => {
  fc.assert(
    fc.property(
      stream,
      dialects,
      fc.integer({ min: 1, max: 3 }),
      fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1 }),
      fc.integer({ min: 1, max: 4 }),
      (bytes, dialect, width, pieces, batch) => {
        const expected = oracle(bytes, dialect, width);
        expect(readInPieces(bytes, dialect, width, [bytes.length || 1], 1000)).toEqual(expected);
        expect(readInPieces(bytes, dialect, width, [1], batch)).toEqual(expected);
        expect(readInPieces(bytes, dialect, width, pieces, batch)).toEqual(expected);
      },
    ),
    { numRuns: RUNS },
  );
});

test('random bytes never lose or invent a byte', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), fc.integer({ min: 1, max: 7 }), (bytes, piece) => {
      expect(readInPieces(bytes, COMMA, 1, [piece], 3)).toEqual(oracle(bytes, COMMA, 1));
    }),
    { numRuns: RUNS / 4 },
  );
});

test('the check of one record says what the check of the platform says', () => {
  const edge = fc.constantFrom(
    0x41,
    0x7f,
    0x80,
    0x8f,
    0x90,
    0x9f,
    0xa0,
    0xbf,
    0xc1,
    0xc2,
    0xdf,
    0xe0,
    0xe1,
    0xec,
    0xed,
    0xee,
    0xef,
    0xf0,
    0xf1,
    0xf3,
    0xf4,
    0xf5,
    0xff,
  );
  fc.assert(
    fc.property(fc.array(edge, { maxLength: 6 }), (bytes) => {
      expect(firstInvalidUtf8(Uint8Array.from(bytes), 0, bytes.length) < 0).toBe(isUtf8Text(Buffer.from(bytes).toString('latin1')));
    }),
    { numRuns: RUNS },
  );
});
