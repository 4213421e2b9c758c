import fc from 'fast-check';
import { hashOf } from './byte-class.js';
import { ColumnSketch, EXTREME_BYTES, wholeCharacters } from './column-sketch.js';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

function sketchOf(values: readonly string[]): ColumnSketch {
  const sketch = new ColumnSketch(1);
  for (const value of values) {
    const buf = bytes(value);
    sketch.received++;
    sketch.add(buf, 0, buf.length, hashOf(buf, 0, buf.length));
  }
  return sketch;
}

const facts = (sketch: ColumnSketch) => ({
  values: sketch.values,
  received: sketch.received,
  lengths: [sketch.minLength, sketch.maxLength],
  extremes: [sketch.min, sketch.max],
  distinct: sketch.distinctEstimate(),
});

const byBytes = (a: string, b: string): number => Buffer.compare(bytes(a), bytes(b));

test('a sketch of parts, merged in order, is the sketch of the whole', () => {
  fc.assert(
    fc.property(fc.array(fc.array(fc.string({ unit: 'grapheme', maxLength: 6 }))), (chunks) => {
      const merged = new ColumnSketch(1);
      for (const chunk of chunks) merged.merge(sketchOf(chunk));
      expect(facts(merged)).toEqual(facts(sketchOf(chunks.flat())));
    }),
  );
});

test('the smallest and largest value are those by unsigned bytes, lengths are bytes', () => {
  fc.assert(
    fc.property(fc.array(fc.string({ unit: 'binary', maxLength: 8 }), { minLength: 1 }), (values) => {
      const sorted = [...values].sort(byBytes);
      const lengths = values.map((value) => bytes(value).length);
      const sketch = sketchOf(values);
      expect([sketch.min, sketch.max].map((value) => [...bytes(value!)])).toEqual(
        [sorted[0]!, sorted.at(-1)!].map((value) => [...bytes(value)]),
      );
      expect([sketch.minLength, sketch.maxLength]).toEqual([Math.min(...lengths), Math.max(...lengths)]);
    }),
  );
});

test('long extremes are cut at a character', () => {
  const sketch = sketchOf([`x${'é'.repeat(100)}`]);
  expect(sketch.min).toBe(`x${'é'.repeat((EXTREME_BYTES - 2) / 2)}`);
  expect(wholeCharacters(bytes('a🦷'), 4)).toBe(1);
  expect(wholeCharacters(bytes('a🦷'), 5)).toBe(5);
});

test('the estimate of different values stays within 7 %, three times its standard error', () => {
  for (const count of [10, 1000, 5000, 50_000]) {
    const estimate = sketchOf(Array.from({ length: count }, (_, i) => `member-${i}`)).distinctEstimate();
    expect(Math.abs(estimate - count) / count).toBeLessThan(0.07);
  }
});

test('a cleared sketch is as good as a new one', () => {
  const sketch = sketchOf(['a', 'bcd']);
  sketch.clear();
  expect(facts(sketch)).toEqual(facts(new ColumnSketch(1)));
});
