export const SPACE = 0x20;
export const DOLLAR = 0x24;
export const OPEN = 0x28;
export const CLOSE = 0x29;
export const PLUS = 0x2b;
export const COMMA = 0x2c;
export const MINUS = 0x2d;
export const DOT = 0x2e;
export const SLASH = 0x2f;
export const ZERO = 0x30;
export const NINE = 0x39;
export const COLON = 0x3a;
export const AT_SIGN = 0x40;

/** A byte of a to z, A to Z changed to the small letter, all other bytes as they are. */
export function lower(byte: number): number {
  return byte >= 0x41 && byte <= 0x5a ? byte + 0x20 : byte;
}

export function isDigit(byte: number): boolean {
  return byte >= ZERO && byte <= NINE;
}

/** Whether the byte is A to Z or a to z. */
export function isLetter(byte: number): boolean {
  const small = byte | 0x20;
  return small >= 0x61 && small <= 0x7a;
}

/** The first place in [i, end) that is no digit. */
export function digitsEnd(buf: Uint8Array, i: number, end: number): number {
  while (i < end && isDigit(buf[i]!)) i++;
  return i;
}

/** The number that the digits of [i, end) write; the caller has checked them, and that there are at most nine. */
export function numberOf(buf: Uint8Array, i: number, end: number): number {
  let value = 0;
  for (; i < end; i++) value = value * 10 + buf[i]! - ZERO;
  return value;
}

/** Writes the bytes of [i, end) from `at` and returns the new end. */
export function copyBytes(buf: Uint8Array, i: number, end: number, out: Uint8Array, at: number): number {
  while (i < end) out[at++] = buf[i++]!;
  return at;
}

/** Small letters for A to Z only: `toLowerCase` would also take the Kelvin sign for a k. For references, not for kernels. */
export function lowerText(text: string): string {
  return text.replace(/[A-Z]/g, (letter) => letter.toLowerCase());
}

/** A byte of a to z changed to the capital letter, all other bytes as they are. */
export function upper(byte: number): number {
  return byte >= 0x61 && byte <= 0x7a ? byte - 0x20 : byte;
}

/** Capital letters for a to z only: `toUpperCase` would also make two letters of an eszett. For references, not for kernels. */
export function upperText(text: string): string {
  return text.replace(/[a-z]/g, (letter) => letter.toUpperCase());
}

/** Writes the bytes of [i, end) with capital letters from `at` and returns the new end. */
export function copyUpper(buf: Uint8Array, i: number, end: number, out: Uint8Array, at: number): number {
  while (i < end) out[at++] = upper(buf[i++]!);
  return at;
}
