/** Letters whose case we change lie below this code point. */
export const CASE_TABLE_SIZE = 0x1f00;

const upper = new Uint16Array(CASE_TABLE_SIZE);
const lower = new Uint16Array(CASE_TABLE_SIZE);
for (let code = 0; code < CASE_TABLE_SIZE; code++) upper[code] = lower[code] = code;

function pair(capital: number, small: number): void {
  lower[capital] = small;
  upper[small] = capital;
}

/** Capitals from `first` to `last`, the small letters `distance` further on. */
function shifted(first: number, last: number, distance: number): void {
  for (let code = first; code <= last; code++) pair(code, code + distance);
}

/** Capital and small letter take turns from `first` to `last`. */
function alternating(first: number, last: number): void {
  for (let code = first; code < last; code += 2) pair(code, code + 1);
}

// Latin: Basic, Latin-1, Extended-A, the Romanian, Vietnamese and African letters of Extended-B, Extended Additional.
shifted(0x41, 0x5a, 0x20);
shifted(0xc0, 0xd6, 0x20);
shifted(0xd8, 0xde, 0x20);
alternating(0x100, 0x12f);
alternating(0x132, 0x137);
alternating(0x139, 0x148);
alternating(0x14a, 0x177);
pair(0x178, 0xff);
alternating(0x179, 0x17e);
pair(0x1a0, 0x1a1);
pair(0x1af, 0x1b0);
alternating(0x1cd, 0x1dc);
alternating(0x1de, 0x1ef);
alternating(0x1f8, 0x21f);
alternating(0x222, 0x233);
alternating(0x1e00, 0x1e95);
alternating(0x1ea0, 0x1eff);
// The Turkish dotted capital and dotless small i have the plain letters as their other case.
lower[0x130] = 0x69;
upper[0x131] = 0x49;
// Greek with tonos and dialytika; the final sigma has the capital of the other one.
pair(0x386, 0x3ac);
shifted(0x388, 0x38a, 0x25);
pair(0x38c, 0x3cc);
shifted(0x38e, 0x38f, 0x3f);
shifted(0x391, 0x3a1, 0x20);
shifted(0x3a3, 0x3ab, 0x20);
upper[0x3c2] = 0x3a3;
// Cyrillic.
shifted(0x400, 0x40f, 0x50);
shifted(0x410, 0x42f, 0x20);
alternating(0x460, 0x481);
alternating(0x48a, 0x4bf);
alternating(0x4d0, 0x52f);

/**
 * Simple case of one code point to one code point, our own so that kernels, DuckDB and Spark can agree (ß stays ß everywhere).
 * Code points outside the table have no case.
 */
export function upperOf(code: number): number {
  return code < CASE_TABLE_SIZE ? upper[code]! : code;
}

export function lowerOf(code: number): number {
  return code < CASE_TABLE_SIZE ? lower[code]! : code;
}
