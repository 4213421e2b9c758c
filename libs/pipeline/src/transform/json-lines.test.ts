import fc from 'fast-check';
import { ByteWriter, writeInteger } from './byte-writer.js';
import { INDEX_EVERY, JsonLines, LineBuffer } from './json-lines.js';

test('the index gives the offset of every thousandth line, however the lines were handed over', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 1500 }), { maxLength: 8 }), (chunks) => {
      let written = Buffer.alloc(0);
      const lines = new JsonLines({ write: (bytes) => (written = Buffer.concat([written, bytes])) });
      const buffer = new LineBuffer();
      let record = 0;
      for (const count of chunks) {
        for (let i = 0; i < count; i++) {
          buffer.integer(record++);
          buffer.endLine();
        }
        lines.append(buffer);
        buffer.clear();
      }
      const { every, offsets, records } = lines.index();
      expect([every, records, offsets.length]).toEqual([INDEX_EVERY, record, Math.ceil(record / INDEX_EVERY)]);
      offsets.forEach((offset, i) => expect(Number.parseInt(written.subarray(offset, offset + 12).toString(), 10)).toBe(i * INDEX_EVERY));
    }),
    { numRuns: 30 },
  );
});

test('texts survive as JSON, numbers as digits', () => {
  fc.assert(
    fc.property(
      fc.string({ unit: 'grapheme' }),
      fc.string({ unit: fc.constantFrom('\u0000', '\n', '"', '\\', '\u007f', 'a') }),
      fc.maxSafeNat(),
      (text, hostile, number) => {
        const writer = new ByteWriter(1);
        const value = new TextEncoder().encode(text + hostile);
        writer.jsonText(value, 0, value.length);
        expect(JSON.parse(Buffer.from(writer.buf.subarray(0, writer.at)).toString())).toBe(text + hostile);
        const out = new Uint8Array(20);
        expect(Buffer.from(out.subarray(0, writeInteger(out, 0, number))).toString()).toBe(String(number));
      },
    ),
  );
});
