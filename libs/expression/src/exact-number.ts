import { DECIMAL_PLACES, DECIMAL_UNIT, MAX_NUMBER } from './limits.js';

/** The result where it is within the limits of numbers, else NaN; never minus zero. */
export const bounded = (value: number): number => (value > MAX_NUMBER || value < -MAX_NUMBER ? Number.NaN : value + 0);

/** Millionths times millionths in millionths, a half rounded away from zero. Exact: every sum and product here is below 2^53 or too large anyway. */
export function multiplyDecimals(a: number, b: number): number {
  const left = Math.abs(a);
  const right = Math.abs(b);
  const leftWhole = Math.floor(left / DECIMAL_UNIT);
  const leftRest = left - leftWhole * DECIMAL_UNIT;
  const rightWhole = Math.floor(right / DECIMAL_UNIT);
  const rightRest = right - rightWhole * DECIMAL_UNIT;
  const whole = leftWhole * right;
  if (whole > MAX_NUMBER) return Number.NaN;
  const size = whole + leftRest * rightWhole + Math.floor((leftRest * rightRest + DECIMAL_UNIT / 2) / DECIMAL_UNIT);
  return bounded(a < 0 !== b < 0 ? -size : size);
}

/** Two numbers of the same unit divided, in millionths, a half rounded away from zero; NaN for a division by zero. */
export function divideNumbers(a: number, b: number): number {
  const divisor = Math.abs(b);
  if (divisor === 0) return Number.NaN;
  const dividend = Math.abs(a);
  let rest = dividend % divisor;
  let size = Math.round((dividend - rest) / divisor);
  if (size * DECIMAL_UNIT > MAX_NUMBER) return Number.NaN;
  for (let place = 0; place < DECIMAL_PLACES; place++) {
    // Ten times the rest is an even number below 2^54, and those are exact.
    const tenfold = rest * 10;
    rest = tenfold % divisor;
    size = size * 10 + Math.round((tenfold - rest) / divisor);
  }
  if (2 * rest >= divisor) size++;
  return bounded(a < 0 !== b < 0 ? -size : size);
}

/** Millionths to the nearest whole number, a half away from zero. */
export function roundDecimal(a: number): number {
  const size = Math.floor((Math.abs(a) + DECIMAL_UNIT / 2) / DECIMAL_UNIT);
  return bounded(a < 0 ? -size : size);
}
