import fc from 'fast-check';
import { InflateMeter } from './inflate-meter.js';

const MiB = 1 << 20;
const bomb = expect.objectContaining({ code: 'zip_bomb' }) as unknown as Error;

test('more than 100 bytes for one are stopped, but not in the first MiB', () => {
  const meter = new InflateMeter(1e12, 1e9);
  meter.take(MiB, 10);
  expect(() => meter.take(1, 10)).toThrow(bomb);
  const honest = new InflateMeter(1e12, 1e9);
  honest.take(100 * MiB, MiB);
  expect(() => honest.take(1, MiB)).toThrow(bomb);
});

test('the limit of inflated bytes counts all members together', () => {
  const meter = new InflateMeter(1000, 1e9);
  meter.take(600, 500);
  meter.take(400, 900);
  expect(() => meter.take(1, 900)).toThrow(bomb);
});

test('members that overlap cannot buy more than the container is large', () => {
  const meter = new InflateMeter(1e12, 20_000);
  meter.take(2_000_000, 1e9);
  expect(() => meter.take(1, 1e9)).toThrow(bomb);
});

test('whatever the pieces are, what is let through stays within the limits', () => {
  const piece = fc.record({ bytes: fc.nat(4 * MiB), read: fc.nat(64 * 1024) });
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 50 }), fc.integer({ min: 1, max: 64 * MiB }), (pieces, limit) => {
      const meter = new InflateMeter(limit, 1e9);
      let out = 0;
      let read = 0;
      for (const { bytes, read: more } of pieces) {
        read += more;
        try {
          meter.take(bytes, read);
        } catch {
          out += bytes;
          return out > limit || (out > MiB && out > 100 * read);
        }
        out += bytes;
        if (out > limit || (out > MiB && out > 100 * read)) return false;
      }
      return meter.inflated === out;
    }),
  );
});
