import { ZERO } from './bytes.js';

/**
 * Sum of the digits of [i, end) by the formula of Luhn (ISO/IEC 7812-1, annex B), the last one counted double: what a check digit
 * behind them has to complete to a multiple of ten. The caller has checked that all are digits.
 */
export function luhnSum(buf: Uint8Array, i: number, end: number): number {
  let sum = 0;
  let doubled = true;
  for (let at = end - 1; at >= i; at--) {
    const digit = (buf[at]! - ZERO) * (doubled ? 2 : 1);
    sum += digit > 9 ? digit - 9 : digit;
    doubled = !doubled;
  }
  return sum;
}

/** The same on a text of digits: for references, not for kernels. */
export function luhnSumOf(digits: string): number {
  return [...digits].reverse().reduce((sum, digit, place) => {
    const weighted = String(Number(digit) * (place % 2 === 0 ? 2 : 1));
    return sum + [...weighted].reduce((part, figure) => part + Number(figure), 0);
  }, 0);
}
