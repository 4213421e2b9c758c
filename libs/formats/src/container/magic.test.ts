import { containerOf, refuseNesting } from './magic.js';

const code = (expected: string) => expect.objectContaining({ code: expected }) as unknown as Error;

const bytes = (hex: string): Uint8Array => Uint8Array.from(Buffer.from(hex, 'hex'));

test.each([
  ['gzip', '1f8b0800'],
  ['zstd', '28b52ffd'],
  ['zstd', '502a4d18'],
  ['zstd', '5f2a4d18'],
  ['zip', '504b0304'],
  ['zip', '504b0506'],
  ['none', '602a4d18'],
  ['none', '504b0102'],
  ['none', '1f'],
  ['none', '28b52f'],
  ['none', ''],
])('a container is told by its first bytes: %s for %s', (container, hex) => {
  expect(containerOf(bytes(hex))).toBe(container);
});

test('text is no container, whatever it is about', () => {
  for (const text of ['PK,name\n1,2\n', 'id,name\n', '\ufeffid\n', 'P*M,x\n']) expect(containerOf(Buffer.from(text))).toBe('none');
});

test('an Office document that is encrypted is told as such, a workbook of the old form too, and others are left to the text', () => {
  const compound = bytes('d0cf11e0a1b11ae1');
  const encrypted = Buffer.concat([compound, Buffer.alloc(1000), Buffer.from('EncryptedPackage', 'utf16le')]);
  expect(() => containerOf(encrypted)).toThrow(code('encrypted_file'));
  for (const name of ['Workbook\0', 'Book\0']) {
    expect(() => containerOf(Buffer.concat([compound, Buffer.alloc(100), Buffer.from(name, 'utf16le')]))).toThrow('(.xls)');
  }
  expect(containerOf(Buffer.concat([compound, Buffer.from('WordDocument\0', 'utf16le')]))).toBe('none');
});

test('a container inside a container is refused', () => {
  for (const hex of ['1f8b0800', '28b52ffd', '504b0304', '504b0506']) expect(() => refuseNesting(bytes(hex))).toThrow(code('zip_bomb'));
  expect(() => refuseNesting(Buffer.from('id,name\n'))).not.toThrow();
});
