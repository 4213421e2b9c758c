import { Buffer } from 'node:buffer';
import type { Encoding } from '@attune/core';
import { detectText } from './detect.js';
import { readInPieces } from './read-in-pieces.fixture.js';

/** How a text reaches us, and letters that tell its encoding from others. */
const WAYS: readonly (readonly [name: string, encoding: Encoding, mark: readonly number[], names: readonly string[]])[] = [
  ['UTF-8', 'utf-8', [], ['José', 'Łucja', '漢字 😀', 'Zoë']],
  ['UTF-8 with a mark', 'utf-8', [0xef, 0xbb, 0xbf], ['José', 'Łucja', '漢字 😀', 'Zoë']],
  ['UTF-16LE with a mark', 'utf-16le', [0xff, 0xfe], ['José', 'Łucja', '漢字 😀', 'Zoë']],
  ['UTF-16LE', 'utf-16le', [], ['José', 'Łucja', '漢字 😀', 'Zoë']],
  ['UTF-16BE with a mark', 'utf-16be', [0xfe, 0xff], ['José', 'Łucja', '漢字 😀', 'Zoë']],
  ['UTF-16BE', 'utf-16be', [], ['José', 'Łucja', '漢字 😀', 'Zoë']],
  ['ISO-8859-1', 'iso-8859-1', [], ['José', 'Müller', 'Åsa Ø', 'Zoë']],
  ['Windows-1252', 'windows-1252', [], ['José', 'O’Dell', '“Bo” €5', 'Šimek']],
];
const LINE_ENDS = [
  ['LF', '\n'],
  ['CRLF', '\r\n'],
  ['CR', '\r'],
] as const;
const QUOTINGS = [
  ['double', '"', 0x22],
  ['single', "'", 0x27],
  ['no', '', 0],
] as const;

const COMBINATIONS = WAYS.flatMap((way) => LINE_ENDS.flatMap((end) => QUOTINGS.map((quoting) => ({ way, end, quoting }))));

const CP1252: Readonly<Record<string, number>> = { '’': 0x92, '“': 0x93, '”': 0x94, '€': 0x80, Š: 0x8a };

function encode(text: string, encoding: Encoding): Buffer {
  if (encoding === 'utf-8') return Buffer.from(text);
  if (encoding === 'utf-16le') return Buffer.from(text, 'utf16le');
  if (encoding === 'utf-16be') return Buffer.from(text, 'utf16le').swap16();
  return Buffer.from(Array.from(text, (character) => CP1252[character] ?? character.charCodeAt(0)));
}

function records(names: readonly string[], quote: string, end: string): { cells: string[]; text: string }[] {
  const write = (cell: string): string =>
    quote !== '' && (cell.includes(quote) || cell.includes(';') || cell.includes(end))
      ? quote + cell.replaceAll(quote, quote + quote) + quote
      : cell;
  return Array.from({ length: 24 }, (_, i) => {
    // Quotes that quote nothing are data that only a text without quotes can hold.
    const note = quote === '' ? `"Big" ${names[i % 4]!}` : `a; ${quote}b${quote}${end}${names[i % 4]!}`;
    const cells = [`${100 + i}`, names[(i + 1) % 4]!, `19${50 + i}-01-02`, note];
    return { cells, text: cells.map(write).join(';') + end };
  });
}

test.each(COMBINATIONS)(
  '$way.0, line ends $end.0, $quoting.0 quotes: found out, and offsets point at the bytes of every record',
  ({ way, end, quoting }) => {
    const [, encoding, mark, names] = way;
    const [, lineEnd] = end;
    const [, quote, quoteByte] = quoting;
    const rows = records(names, quote, lineEnd);
    const header = `id;name;born;note é${lineEnd}`;
    const bytes = Buffer.concat([Buffer.from(mark), encode(header + rows.map(({ text }) => text).join(''), encoding)]);
    const found = detectText({ head: bytes, size: bytes.length, fingerprint: () => '' });
    expect(found).toMatchObject({ encoding, dialect: { delimiter: 0x3b, quote: quoteByte, header: true, bom: mark.length } });
    expect(found.columns.map(({ name }) => name)).toEqual(['id', 'name', 'born', 'note é']);
    for (const sizes of [[bytes.length], [1], [7, 64, 3]]) {
      const read = readInPieces(bytes, { ...found, comments: null, trailers: null }, 4, { sizes });
      expect(read.records.map(({ fields }) => fields)).toEqual(rows.map(({ cells }) => cells));
      for (const [i, { byteOffset, byteLength }] of read.records.entries()) {
        expect(bytes.subarray(byteOffset, byteOffset + byteLength)).toEqual(encode(rows[i]!.text, encoding));
      }
      expect(read.bytes).toMatchObject({ header: mark.length + encode(header, encoding).length, quarantined: 0, blank: 0, comment: 0 });
    }
  },
);

const detect = (bytes: Buffer | string, text = {}) => {
  const head = Buffer.from(bytes as string, 'latin1');
  return detectText({ head, size: head.length, fingerprint: () => '', text });
};
const code = (expected: string): Error => expect.objectContaining({ code: expected }) as Error;

test('what both single-byte encodings read alike is called ISO-8859-1, and the evidence says so', () => {
  const found = detect('id,name\n1,Jos\xe9\n2,Ana\n3,M\xfcller\n');
  expect(found.encoding).toBe('iso-8859-1');
  expect(found.evidence.at(-1)).toBe(
    '2 of 4 sampled lines are not UTF-8; all 2 bytes above 0x7f mean the same in ISO-8859-1 and Windows-1252.',
  );
  expect(detect('pr\xe9nom,b\n1,2\n').columns[0]!.name).toBe('prénom');
});

test('one byte that only Windows-1252 prints makes it Windows-1252; its five gaps set the record aside', () => {
  const bytes = Buffer.from('id,name\n1,Jos\xe9\n2,O\x92Dell\n3,a\x81b\n4,Ren\xe9e\n', 'latin1');
  const found = detect('id,name\n1,Jos\xe9\n2,O\x92Dell\n3,a\x81b\n4,Ren\xe9e\n5,Zo\xeb\n');
  expect(found.encoding).toBe('windows-1252');
  const read = readInPieces(bytes, { ...found, comments: null, trailers: null }, 2, { sizes: [5] });
  expect(read.records.map(({ fields, code: fault, column }) => fields?.[1] ?? [fault, column])).toEqual([
    'José',
    'O’Dell',
    ['text.invalid_encoding', 1],
    'Renée',
  ]);
});

test.each([0x81, 0x8d, 0x8f, 0x90, 0x9d])('byte %i is no character of Windows-1252, and a control character of ISO-8859-1', (byte) => {
  const bytes = Buffer.from(['a'.charCodeAt(0), byte, 0x0a]);
  const plan = { dialect: { delimiter: 0x2c, quote: 0x22, header: false, bom: 0 }, layout: null, comments: null, trailers: null };
  const [refused] = readInPieces(bytes, { ...plan, encoding: 'windows-1252' }, 1, { sizes: [3] }).records;
  expect(refused).toMatchObject({ code: 'text.invalid_encoding', column: 0, byteOffset: 0, byteLength: 3 });
  const [read] = readInPieces(bytes, { ...plan, encoding: 'iso-8859-1' }, 1, { sizes: [3] }).records;
  expect(read!.fields).toEqual([`a${String.fromCharCode(byte)}`]);
});

test('a few records that are not UTF-8 are findings of the records, not another encoding', () => {
  const found = detect(`id,name\n${'1,Ann\n'.repeat(9)}2,Jos\xe9\n`);
  expect(found).toMatchObject({ encoding: 'utf-8' });
  expect(found.evidence.at(-1)).toBe('1 of 11 sampled lines are not UTF-8; they are set aside.');
});

test('rare accents of a whole file in latin-1 are told from a few broken records by there being no letter in UTF-8', () => {
  const rare = `id,name\n${`${'1,Ann\n'.repeat(19)}2,Jos\xe9\n`.repeat(8)}`;
  expect(detect(rare).encoding).toBe('iso-8859-1');
  expect(detect(`${rare}3,Zo\xc3\xab\n`).encoding).toBe('utf-8');
});

test('accents behind the head are looked for in the windows', () => {
  const head = Buffer.from('id,name\n1,Ann\n');
  const window = Buffer.from(`\xe9 cut\n${'2,Jos\xe9\n'.repeat(20)}3,R`, 'latin1');
  expect(detectText({ head, windows: [window], size: 1e6, fingerprint: () => '' }).encoding).toBe('iso-8859-1');
});

test('an encoding that cannot be told is refused, and the word of the caller helps', () => {
  const cyrillic = Buffer.from(`id,name\n${'1,\xc8\xe2\xe0\xed\xee\xe2\xe0\n'.repeat(20)}`, 'latin1');
  expect(() => detect(cyrillic)).toThrow(code('encoding'));
  expect(detect(cyrillic, { encoding: 'windows-1252' }).encoding).toBe('windows-1252');
  expect(() => detect(`id,name\n${'1,\x81\x8d\x8f\n'.repeat(5)}`)).toThrow(code('encoding'));
});

test('a byte order mark that contradicts the caller is refused, and so is UTF-32', () => {
  expect(() => detect('\xff\xfei\0d\0\n\0', { encoding: 'utf-8' })).toThrow(code('encoding'));
  expect(() => detect('\xef\xbb\xbfid\n1\n', { encoding: 'iso-8859-1' })).toThrow(code('encoding'));
  expect(() => detect('\xff\xfe\0\0i\0\0\0')).toThrow(code('encoding'));
});

test('UTF-16 without a mark whose letters are not Latin is told by its delimiters and line ends', () => {
  const text = `番号,名前\n${'一,漢字の名前です\n'.repeat(12)}`;
  expect(detect(Buffer.from(text, 'utf16le')).encoding).toBe('utf-16le');
  expect(detect(Buffer.from(text, 'utf16le').swap16()).encoding).toBe('utf-16be');
});

test('half a surrogate pair and half a code unit are set aside where they stand; nothing becomes U+FFFD', () => {
  const bytes = Buffer.concat([Buffer.from('\ufeffid,name\n1,a\ud800b\n2,\udc00\n3,😀\n4,x', 'utf16le'), Buffer.from([0x61])]);
  const found = detect(bytes);
  const read = readInPieces(bytes, { ...found, comments: null, trailers: null }, 2, { sizes: [1] });
  expect(read.records.map(({ byteOffset, byteLength, code: fault, fields }) => [byteOffset, byteLength, fields?.[1] ?? fault])).toEqual([
    [18, 12, 'text.invalid_encoding'],
    [30, 8, 'text.invalid_encoding'],
    [38, 10, '😀'],
    [48, 7, 'text.invalid_encoding'],
  ]);
});

test('the header has to be readable', () => {
  expect(() => detect(`n\xe9m\xc3\xa9,b\n${'1,\xc3\xa9\n'.repeat(20)}`)).toThrow(code('encoding'));
});
