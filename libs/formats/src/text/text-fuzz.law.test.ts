import { Buffer } from 'node:buffer';
import { AppError, Detection, type Dialect, type Encoding, type LayoutColumn, type TextOptions } from '@attune/core';
import fc from 'fast-check';
import { detectText } from './detect.js';
import { readInPieces } from './read-in-pieces.fixture.js';
import type { TextPlan } from './record-reader.js';
import { oracleReading } from './text-oracle.fixture.js';

/** Every run of the CI looks at other texts; at home they are the same ones. */
const SEED = Number(process.env['GITHUB_RUN_ID'] ?? 20) % 2 ** 31;
const FILES = process.env['TEST_FULL'] === '1' ? 10_000 : 4_000;
const TRAILER_BYTES = 12;

interface TextFile {
  readonly bytes: Uint8Array;
  readonly plan: TextPlan;
  readonly width: number;
}

const ENCODINGS: readonly Encoding[] = ['utf-8', 'utf-16le', 'utf-16be', 'iso-8859-1', 'windows-1252'];
const encoding = fc.constantFrom<Encoding>(...ENCODINGS);
const MARKS: Partial<Record<Encoding, readonly number[]>> = {
  'utf-8': [0xef, 0xbb, 0xbf],
  'utf-16le': [0xff, 0xfe],
  'utf-16be': [0xfe, 0xff],
};

/** Pieces of text as code units; in encodings of bytes those above 0xff are cut to bytes, which makes garbage of them. */
const piece = fc.constantFrom(
  ...['D', 'D', 'D', 'Q', 'Q', 'QQ', 'DQ', 'QD', '\n', '\n', '\n', '\r\n', '\r', 'a', 'b1', ' ', '   ', '#', 'TOTAL', '##', 'é'],
  ...['\u0080', '\u009d', '\0', '\xff', 'Ã©', 'â\u0082¬', '😀', '\ud800', '\udc00', '漢', '0123456789'],
);
const body = fc.array(piece, { maxLength: 40 });

const layoutOf = (borders: readonly number[]): LayoutColumn[] => {
  const sorted = [...new Set([0, ...borders])].sort((a, b) => a - b);
  return sorted.slice(0, -1).map((start, i) => ({ name: `c${i}`, start, length: sorted[i + 1]! - start }));
};
const layout = fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 4 }).map(layoutOf);
const crossing = fc.array(
  fc.record({ name: fc.constant('c'), start: fc.integer({ min: 0, max: 4 }), length: fc.integer({ min: 1, max: 4 }) }),
  { minLength: 1, maxLength: 3 },
);
const delimited = fc.record({
  delimiter: fc.constantFrom(...Array.from(',;\t|^~\x01', (character) => character.charCodeAt(0))),
  quote: fc.constantFrom(0x22, 0x22, 0x27, 0),
  header: fc.boolean(),
});
const prefix = fc.constantFrom('#', '##', '#a', 'TOTAL', 'é', '"');
const trailers = fc.oneof(fc.record({ prefix }), fc.record({ lines: fc.integer({ min: 1, max: 3 }) }));

const textFile: fc.Arbitrary<TextFile> = fc
  .record({
    encoding,
    mark: fc.boolean(),
    dialect: delimited,
    layout: fc.option(fc.oneof(layout, crossing), { freq: 3 }),
    width: fc.integer({ min: 1, max: 3 }),
    comments: fc.option(fc.record({ prefix }), { freq: 2 }),
    trailers: fc.option(trailers, { freq: 2 }),
    body,
    half: fc.boolean(),
  })
  .map((file) => {
    const bom = file.mark ? (MARKS[file.encoding] ?? []) : [];
    const dialect: Dialect =
      file.layout === null
        ? { ...file.dialect, bom: bom.length }
        : { delimiter: 0, quote: 0, header: file.dialect.header, bom: bom.length };
    const text = file.body
      .join('')
      .replace(/D/g, String.fromCharCode(file.dialect.delimiter))
      .replace(/Q/g, String.fromCharCode(file.dialect.quote || 0x22));
    const tail = file.half && file.encoding.startsWith('utf-16') ? [0x61] : [];
    return {
      bytes: Uint8Array.from([...bom, ...encoded(text, file.encoding), ...tail]),
      plan: { encoding: file.encoding, dialect, layout: file.layout, comments: file.comments, trailers: file.trailers },
      width: file.layout?.length ?? file.width,
    };
  });

function encoded(text: string, to: Encoding): Uint8Array {
  if (to === 'utf-16le') return Buffer.from(text, 'utf16le');
  if (to === 'utf-16be') return Buffer.from(text, 'utf16le').swap16();
  // Half of the texts in UTF-8 are garbage: latin-1 bytes.
  return Buffer.from(text, to === 'utf-8' && text.length % 2 === 0 ? 'utf8' : 'latin1');
}

const cuts = fc.record({
  sizes: fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 6 }),
  batchRecords: fc.integer({ min: 1, max: 4 }),
});
const limits = { trailerBytes: TRAILER_BYTES };

test('any text under any plan reads as the oracle reads it, however it is cut, and every byte is accounted for', () => {
  fc.assert(
    fc.property(textFile, cuts, ({ bytes, plan, width }, pieces) => {
      const expected = oracleReading(bytes, plan, width, TRAILER_BYTES);
      expect(readInPieces(bytes, plan, width, { sizes: [bytes.length || 1], limits })).toEqual(expected);
      expect(readInPieces(bytes, plan, width, { ...pieces, limits })).toEqual(expected);
      expect(readInPieces(bytes, plan, width, { sizes: [1], batchRecords: pieces.batchRecords, limits })).toEqual(expected);
    }),
    { numRuns: FILES, seed: SEED },
  );
});

const told: fc.Arbitrary<TextOptions> = fc.record(
  {
    encoding,
    delimiter: fc.constantFrom(',', ';', '\t', '|', '^', '~', '\x01', '"', '\n', 'é'),
    quote: fc.constantFrom('double' as const, 'single' as const, 'none' as const),
    header: fc.boolean(),
    comments: fc.record({ prefix }),
    trailers,
    layout,
  },
  { requiredKeys: [] },
);

/** Whole files, heads of files, and bytes that never were a text. */
const anyBytes = fc.oneof(
  { weight: 3, arbitrary: textFile.map(({ bytes }) => bytes) },
  { weight: 1, arbitrary: fc.uint8Array({ maxLength: 80 }) },
);

test('detection throws nothing but errors of its own, and what it finds can be read to the last byte', () => {
  fc.assert(
    fc.property(anyBytes, fc.option(told, { freq: 1 }), fc.nat({ max: 3 }), cuts, (bytes, text, behind, pieces) => {
      let found: Detection;
      try {
        found = detectText({ head: bytes, size: bytes.length + behind, fingerprint: (names) => names, text: text ?? undefined });
      } catch (error) {
        if (!(error instanceof AppError)) throw error;
        return;
      }
      expect(Detection.parse(found)).toEqual(found);
      const plan = { ...found, comments: text?.comments ?? null, trailers: text?.trailers ?? null };
      const width = found.columns.length;
      expect(readInPieces(bytes, plan, width, { ...pieces, limits })).toEqual(oracleReading(bytes, plan, width, TRAILER_BYTES));
    }),
    { numRuns: FILES / 2, seed: SEED },
  );
});
