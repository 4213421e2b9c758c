/** What the content of a cell is (ECMA-376 part 1, 18.18.11). OTHER is taken as it is written. */
export const CELL = { NUMBER: 0, SHARED: 1, TEXT: 2, BOOLEAN: 3, OTHER: 4 } as const;
export type CellType = (typeof CELL)[keyof typeof CELL];

const ONE_LETTER: ReadonlyMap<number, CellType> = new Map([
  [0x62, CELL.BOOLEAN],
  [0x6e, CELL.NUMBER],
  [0x73, CELL.SHARED],
]);
const LONGEST_COLUMN = 3;
const LONGEST_NUMBER = 9;

/** `s` shared, `str` and `inlineStr` texts, `n` number, `b` boolean; `e` (errors) and `d` (ISO dates) stay as they are. */
export function typeOf(buf: Uint8Array, start: number, end: number): CellType {
  if (end - start > 1) return CELL.TEXT;
  return ONE_LETTER.get(buf[start] ?? 0) ?? CELL.OTHER;
}

/** The 0-based column of a reference such as `AB12`, or -1. */
export function columnOf(buf: Uint8Array, start: number, end: number): number {
  let column = 0;
  let i = start;
  for (; i < end; i++) {
    const letter = (buf[i]! & ~0x20) - 0x40;
    if (letter < 1 || letter > 26) break;
    if (i - start === LONGEST_COLUMN) return -1;
    column = column * 26 + letter;
  }
  return column - 1;
}

/** A whole number of a few digits, or -1. */
export function wholeNumber(buf: Uint8Array, start: number, end: number): number {
  if (end - start > LONGEST_NUMBER || end === start) return -1;
  let row = 0;
  for (let i = start; i < end; i++) {
    const digit = buf[i]! - 0x30;
    if (digit < 0 || digit > 9) return -1;
    row = row * 10 + digit;
  }
  return row;
}
