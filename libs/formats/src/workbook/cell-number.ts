const ZERO = 0x30;
const NINE = 0x39;
const MINUS = 0x2d;
const POINT = 0x2e;

/** Digits that survive in a spreadsheet; more of a fraction are an artefact of binary numbers. */
export const EXACT_DIGITS = 15;

/** True for a plain decimal of at most 15 digits that may be taken over byte by byte: no exponent, no zeros at the end of a fraction. */
export function isPlainNumber(buf: Uint8Array, start: number, end: number): boolean {
  let i = start;
  if (buf[i] === MINUS) i++;
  if (end - i > EXACT_DIGITS + 1 || i === end) return false;
  let point = -1;
  for (let at = i; at < end; at++) {
    const byte = buf[at]!;
    if (byte >= ZERO && byte <= NINE) continue;
    if (byte !== POINT || point >= 0 || at === i) return false;
    point = at;
  }
  return point < 0 ? end - i <= EXACT_DIGITS : buf[end - 1] !== ZERO && end - 1 !== point;
}

const NUMBER = /^([+-]?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d{1,4}))?$/;
/** Beyond this many zeros a number is better left in powers of ten. */
const MOST_ZEROS = 20;

/**
 * A number as it is written in a cell, in plain decimals: a fraction with more than 15 digits is rounded to 15, which takes
 * `45.300000000000004` back to `45.3`; a number with more than 15 digits before the point keeps all that it was written with. What is not a
 * number, and a power of ten that would need digits nobody has, stays as it is.
 */
export function numberText(text: string): string {
  const match = NUMBER.exec(text);
  const [, sign, whole = '', fraction = '', power] = match ?? [];
  if (match === null || whole + fraction === '') return text;
  if (power === undefined && /^0*$/.test(fraction)) return signed(sign, whole.replace(/^0+(?=\d)/, '') || '0');
  const digits = (whole + fraction).replace(/^0+/, '').replace(/0+$/, '');
  if (digits === '') return '0';
  const leading = (whole + fraction).length - (whole + fraction).replace(/^0+/, '').length;
  const point = whole.length - leading + Number(power ?? 0);
  if (point > EXACT_DIGITS + MOST_ZEROS || point < -MOST_ZEROS) return text;
  if (digits.length <= EXACT_DIGITS) return signed(sign, placed(digits, point));
  // Of the double that it is, so that the same number is the same text however many digits a program writes of it.
  return point > EXACT_DIGITS ? text : numberText(Number(text).toPrecision(EXACT_DIGITS));
}

const signed = (sign: string | undefined, digits: string): string => (sign === '-' && digits !== '0' ? `-${digits}` : digits);

/** `0.DIGITS` times ten to the power `point`. */
function placed(digits: string, point: number): string {
  if (point <= 0) return `0.${'0'.repeat(-point)}${digits}`;
  return point >= digits.length ? digits.padEnd(point, '0') : `${digits.slice(0, point)}.${digits.slice(point)}`;
}
