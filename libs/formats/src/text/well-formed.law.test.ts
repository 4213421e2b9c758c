import { Buffer } from 'node:buffer';
import type { Encoding } from '@attune/core';
import fc from 'fast-check';
import { detectText } from './detect.js';
import { readInPieces } from './read-in-pieces.fixture.js';

const SEED = Number(process.env['GITHUB_RUN_ID'] ?? 20) % 2 ** 31;
const FILES = 2_000;

interface TidyFile {
  readonly bytes: Buffer;
  readonly cells: readonly (readonly string[])[];
}

/** Letters that every encoding has; one in every record tells the encodings of bytes from UTF-8. */
const ACCENTED = ['Jos\u00e9', 'M\u00fcller', 'Zo\u00eb', '\u00c5sa', 'Ren\u00e9e'];
const encode: Readonly<Record<Encoding, (text: string) => Buffer>> = {
  'utf-8': (text) => Buffer.from(text),
  'utf-16le': (text) => Buffer.from(text, 'utf16le'),
  'utf-16be': (text) => Buffer.from(text, 'utf16le').swap16(),
  'iso-8859-1': (text) => Buffer.from(text, 'latin1'),
  'windows-1252': (text) => Buffer.from(text, 'latin1'),
};
const encoding = fc.constantFrom<Encoding>('utf-8', 'utf-16le', 'utf-16be', 'iso-8859-1', 'windows-1252');
const lineEnd = fc.constantFrom('\n', '\r\n', '\r');
const name = fc.constantFrom(...ACCENTED);
const word = fc.string({ unit: fc.constantFrom(...'abcXYZ019.-'), minLength: 1, maxLength: 9 });
const NAMES = ['id', 'name', 'note', 'city', 'code'];

const delimitedFile: fc.Arbitrary<TidyFile> = fc
  .record({
    encoding,
    lineEnd,
    mark: fc.boolean(),
    delimiter: fc.constantFrom(...',;\t|^~\x01'),
    quote: fc.constantFrom('"', '"', "'"),
    width: fc.integer({ min: 3, max: 5 }),
    rows: fc.array(
      fc.tuple(
        name,
        fc.array(
          fc.oneof({ weight: 5, arbitrary: word }, { weight: 1, arbitrary: fc.constantFrom('', 'a,b;c', 'x\ny', "O'Dell", '5"', 'D') }),
          { minLength: 4, maxLength: 4 },
        ),
      ),
      {
        minLength: 12,
        maxLength: 20,
      },
    ),
  })
  .map(({ encoding: to, lineEnd: end, mark, delimiter, quote, width, rows }) => {
    const cells = rows.map(([accented, rest]) => [accented, ...rest.map((cell) => (cell === 'D' ? delimiter : cell))].slice(0, width));
    const quoted = (cell: string): string => quote + cell.replaceAll(quote, quote + quote) + quote;
    // Single quotes are only found out where they are the rule; double quotes where they are needed.
    const write = (cell: string): string =>
      quote === "'" || cell.includes(quote) || cell.includes(delimiter) || cell.includes('\n') ? quoted(cell) : cell;
    const lines = [NAMES.slice(0, width).map(write), ...cells.map((row) => row.map(write))].map((row) => row.join(delimiter));
    const bom = mark && to.startsWith('utf') ? '\ufeff' : '';
    return { cells, bytes: encode[to](bom + lines.join(end) + end) };
  });

const fixedFile: fc.Arbitrary<TidyFile> = fc
  .record({
    encoding: fc.constantFrom<Encoding>('utf-16le', 'utf-16be', 'iso-8859-1', 'windows-1252'),
    lineEnd,
    header: fc.boolean(),
    rows: fc.array(fc.tuple(name, word, word), { minLength: 12, maxLength: 20 }),
  })
  .map(({ encoding: to, lineEnd: end, header, rows }) => {
    const cells = rows.map((row, i) => [...row, `${i * i}`]);
    const lines = [...(header ? [['name', 'note', 'city', 'number']] : []), ...cells].map((row) =>
      row.map((cell) => cell.padEnd(11)).join(''),
    );
    return { cells, bytes: encode[to](lines.join(end)) };
  });

test.each([
  ['delimited', delimitedFile],
  ['fixed-width', fixedFile],
])('a well-formed %s text is read back as it was written, with nothing known but its bytes', (format, files) => {
  fc.assert(
    fc.property(files, fc.integer({ min: 1, max: 50 }), ({ bytes, cells }, size) => {
      const found = detectText({ head: bytes, size: bytes.length, fingerprint: () => '' });
      const plan = { ...found, comments: null, trailers: null };
      const read = readInPieces(bytes, plan, found.columns.length, { sizes: [size] });
      expect(found.format).toBe(format);
      expect(read.records.map(({ fields }) => fields)).toEqual(cells);
    }),
    { numRuns: FILES / 2, seed: SEED },
  );
});
