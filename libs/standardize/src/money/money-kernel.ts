import type { Kernel } from '@attune/core';
import { CLOSE, DOLLAR, DOT, MINUS, OPEN, PLUS, SPACE, ZERO, copyBytes, digitsEnd, isDigit, lower } from '../ascii/bytes.js';
import { copySignificantDigits, groupedDigitsEnd } from '../ascii/grouped-digits.js';
import { MOST_CENT_DIGITS, type MoneyOptions } from './money-options.js';

const INVALID = -1;
const THIRD_DECIMAL = -2;

/** Signs around an amount, as bits of those seen so far. */
const IS_PLUS = 1;
const IS_MINUS = 2;
const IS_OPEN = 4;
const IS_CLOSE = 8;
const IS_DOLLAR = 16;
const IS_USD = 32;
const IS_SIGNED = IS_PLUS | IS_MINUS | IS_OPEN;

export const moneyKernel = ({ unit }: MoneyOptions): Kernel => {
  const decimals = unit === 'cents' ? 0 : 2;
  return (buf, start, end, out, at) => {
    let seen = 0;
    let i = start;
    for (; i < end && !isDigit(buf[i]!) && buf[i] !== DOT; i++) {
      if (buf[i] === SPACE) continue;
      const sign = signAt(buf, i, end);
      if (sign === 0 || sign === IS_CLOSE || (seen & excluded(sign)) !== 0) return INVALID;
      seen |= sign;
      if (sign === IS_USD) i += 2;
    }
    const whole = i;
    const wholeEnd = groupedDigitsEnd(buf, whole, end);
    if (wholeEnd < 0) return INVALID;
    const fraction = wholeEnd < end && buf[wholeEnd] === DOT ? wholeEnd + 1 : wholeEnd;
    const fractionEnd = fraction === wholeEnd ? fraction : digitsEnd(buf, fraction, end);
    if (wholeEnd === whole && fractionEnd === fraction) return INVALID;
    for (i = fractionEnd; i < end; i++) {
      if (buf[i] === SPACE) continue;
      const sign = signAt(buf, i, end);
      if (
        sign === IS_CLOSE
          ? (seen & (IS_OPEN | IS_CLOSE)) !== IS_OPEN
          : (sign !== IS_MINUS && sign !== IS_USD) || (seen & excluded(sign)) !== 0
      )
        return INVALID;
      seen |= sign;
      if (sign === IS_USD) i += 2;
    }
    if ((seen & IS_OPEN) !== 0 && (seen & IS_CLOSE) === 0) return INVALID;
    for (i = fraction + decimals; i < fractionEnd; i++) if (buf[i] !== ZERO) return decimals === 0 ? INVALID : THIRD_DECIMAL;
    return writeCents(
      buf,
      whole,
      wholeEnd,
      fraction,
      Math.min(fractionEnd, fraction + decimals),
      decimals,
      (seen & (IS_MINUS | IS_OPEN)) !== 0,
      out,
      at,
    );
  };
};

/** Which sign begins at `i`; 0 for none. */
function signAt(buf: Uint8Array, i: number, end: number): number {
  switch (buf[i]!) {
    case PLUS:
      return IS_PLUS;
    case MINUS:
      return IS_MINUS;
    case OPEN:
      return IS_OPEN;
    case CLOSE:
      return IS_CLOSE;
    case DOLLAR:
      return IS_DOLLAR;
    default:
      return i + 2 < end && lower(buf[i]!) === 0x75 && lower(buf[i + 1]!) === 0x73 && lower(buf[i + 2]!) === 0x64 ? IS_USD : 0;
  }
}

/** The signs beside which this one may not stand: one sign of the number, each currency once. */
function excluded(sign: number): number {
  return (sign & IS_SIGNED) === 0 ? sign : IS_SIGNED;
}

/** Whole part and decimals, which are filled up with zeros, as one number. */
function writeCents(
  buf: Uint8Array,
  whole: number,
  wholeEnd: number,
  fraction: number,
  fractionEnd: number,
  decimals: number,
  negative: boolean,
  out: Uint8Array,
  at: number,
): number {
  const digits = at + 1;
  let stop = copySignificantDigits(buf, whole, wholeEnd, out, digits);
  stop = stop === digits ? copySignificantDigits(buf, fraction, fractionEnd, out, stop) : copyBytes(buf, fraction, fractionEnd, out, stop);
  if (stop > digits) for (let missing = fraction + decimals - fractionEnd; missing > 0; missing--) out[stop++] = ZERO;
  if (stop - digits > MOST_CENT_DIGITS) return INVALID;
  if (stop === digits) {
    out[at] = ZERO;
    return digits;
  }
  if (!negative) return copyBytes(out, digits, stop, out, at);
  out[at] = MINUS;
  return stop;
}
