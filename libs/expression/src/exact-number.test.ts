import fc from 'fast-check';
import { divideNumbers, multiplyDecimals, roundDecimal } from './exact-number.js';
import { MAX_NUMBER } from './limits.js';

const UNIT = 1_000_000n;
const abs = (value: bigint): bigint => (value < 0n ? -value : value);

/** The nearest whole quotient, a half away from zero; NaN beyond the limits and for a division by zero. */
function quotient(a: bigint, b: bigint): number {
  if (b === 0n) return Number.NaN;
  const size = (2n * abs(a) + abs(b)) / (2n * abs(b));
  return size > BigInt(MAX_NUMBER) ? Number.NaN : Number(a < 0n !== b < 0n ? -size : size);
}

const number = fc.oneof(
  fc.integer({ min: -50, max: 50 }),
  fc.integer({ min: -MAX_NUMBER, max: MAX_NUMBER }),
  fc.constantFrom(MAX_NUMBER, MAX_NUMBER - 1, 1_000_000, 1_500_000, 500_000, 2_000_000, 64_000_000, 0),
);

test('products, quotients and rounded numbers are exact to the last digit', () => {
  const numbers = fc.tuple(number, number, fc.boolean());
  fc.assert(
    fc.property(numbers, ([a, other, tied]) => {
      // This divisor makes exact halves.
      const b = tied ? 2_000_000 : other;
      expect(multiplyDecimals(a, b)).toBe(quotient(BigInt(a) * BigInt(b), UNIT));
      expect(divideNumbers(a, b)).toBe(quotient(BigInt(a) * UNIT, BigInt(b)));
      expect(roundDecimal(a)).toBe(quotient(BigInt(a), UNIT));
    }),
    { numRuns: 20_000, seed: 3 },
  );
});
