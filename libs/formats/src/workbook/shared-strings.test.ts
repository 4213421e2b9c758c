import { Buffer } from 'node:buffer';
import fc from 'fast-check';
import { readPart } from './read-part.fixture.js';
import { SharedStrings, SharedStringsPart, type SpillFile } from './shared-strings.js';
import { TextBytes } from './text-bytes.js';

class MemoryFile implements SpillFile {
  bytes = Buffer.alloc(0);
  write(bytes: Uint8Array): void {
    this.bytes = Buffer.concat([this.bytes, bytes]);
  }
  read(offset: number, into: Uint8Array): number {
    return this.bytes.copy(into, 0, offset, offset + into.length);
  }
}

const found = (strings: SharedStrings, index: number): string | undefined =>
  strings.find(index) ? Buffer.from(strings.bytes.subarray(strings.start, strings.end)).toString('utf8') : undefined;

test('strings are found again in any order, wherever they lie', () => {
  const texts = fc.array(fc.string({ unit: 'grapheme', maxLength: 300 }), { minLength: 1, maxLength: 60 });
  fc.assert(
    fc.property(texts, fc.nat(3000), fc.infiniteStream(fc.nat()), (all, inMemory, order) => {
      const strings = new SharedStrings(new MemoryFile(), inMemory);
      const text = new TextBytes();
      for (const one of all) {
        text.clear();
        text.appendLiteral(Buffer.from(one), 0, Buffer.byteLength(one));
        strings.add(text);
      }
      for (let i = 0; i < 2 * all.length; i++) {
        const index = order.next().value! % all.length;
        const one = all[index]!;
        const written = /[",\r\n]/.test(one) ? `"${one.replaceAll('"', '""')}"` : one;
        if (found(strings, index) !== Buffer.from(written).toString()) return false;
      }
      return found(strings, all.length) === undefined && found(strings, -1) === undefined && found(strings, NaN) === undefined;
    }),
  );
});

test('strings that do not fit into memory go into the file, and no others', () => {
  const file = new MemoryFile();
  const strings = new SharedStrings(file, 100);
  readPart(new SharedStringsPart(strings), `<sst>${'<si><t>twenty characters...</t></si>'.repeat(10)}</sst>`);
  expect(strings.count).toBe(10);
  expect(file.bytes.length).toBeGreaterThan(100);
  expect(file.bytes.length).toBeLessThan(240);
  expect(Array.from({ length: 10 }, (_, i) => found(strings, i))).toEqual(Array(10).fill('twenty characters...'));
});

test('an entry without text is empty, and keeps its place', () => {
  const strings = new SharedStrings();
  readPart(new SharedStringsPart(strings), '<sst><si/><si><t/></si><si><t>x</t></si></sst>');
  expect([0, 1, 2].map((i) => found(strings, i))).toEqual(['', '', 'x']);
});
