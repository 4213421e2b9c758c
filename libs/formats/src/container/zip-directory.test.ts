import { regularMembers, type ZipEntry } from './zip-directory.js';

const entry = (name: string, more: Partial<ZipEntry> = {}): ZipEntry => ({
  name,
  flags: 0,
  method: 8,
  madeBy: 0x0314,
  attributes: 0,
  ...more,
});
const mode = (bits: number): Partial<ZipEntry> => ({ attributes: (bits << 16) >>> 0 });
const code = (expected: string) => expect.objectContaining({ code: expected }) as unknown as Error;

test('files are members in the order of the directory; directories and links are passed over', () => {
  const entries = [
    entry('z.csv', mode(0o100644)),
    entry('folder/', mode(0o040755)),
    entry('link', mode(0o120777)),
    entry('a.csv', { method: 0 }),
    entry('dos.csv', { madeBy: 20, attributes: 0xa0000020 }),
  ];
  expect(regularMembers(entries).map(({ name }) => name)).toEqual(['z.csv', 'a.csv', 'dos.csv']);
  const packed = [entry('people.csv'), entry('__MACOSX/._people.csv'), entry('.DS_Store')];
  expect(regularMembers(packed).map(({ name }) => name)).toEqual(['people.csv']);
});

test.each([
  ['zip_bomb', Array.from({ length: 1001 }, (_, i) => entry(`${i}.csv`))],
  ['zip_bomb', Array.from({ length: 1001 }, (_, i) => entry(`${i}/`))],
  ['encrypted_file', [entry('a.csv'), entry('b.csv', { flags: 0x1 })]],
  ['encrypted_file', [entry('a.csv', { flags: 0x41 })]],
  ['encrypted_file', [entry('a.csv', { flags: 0x2000 })]],
  ['encrypted_file', [entry('a.csv', { method: 99 })]],
  ['unprocessable_file', []],
  ['unprocessable_file', [entry('empty/')]],
  ['unprocessable_file', [entry('a.csv', { method: 14 })]],
  ['unprocessable_file', [entry('[Content_Types].xml'), entry('word/document.xml')]],
  ['unprocessable_file', [entry('xl/workbook.xml')]],
] satisfies [string, ZipEntry[]][])('a directory is refused with %s', (expected, entries) => {
  expect(() => regularMembers(entries)).toThrow(code(expected));
});

test('1,000 entries are read, and a refusal never quotes a name', () => {
  expect(regularMembers(Array.from({ length: 1000 }, (_, i) => entry(`${i}.csv`)))).toHaveLength(1000);
  expect(() => regularMembers([entry('ilka-brockmann.csv', { method: 14 })])).toThrow(/^(?!.*ilka)/);
  expect(() => regularMembers([entry('xl/workbook.xml')])).toThrow('a workbook');
});
