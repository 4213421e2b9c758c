import { isLetter, lower } from '../ascii/bytes.js';

/** English names in order; three letters are an abbreviation of each, and `sept` one more. */
export const MONTH_NAMES: readonly string[] = [
  'january',
  'february',
  'march',
  'april',
  'may',
  'june',
  'july',
  'august',
  'september',
  'october',
  'november',
  'december',
];

const spellings: readonly (readonly Uint8Array[])[] = MONTH_NAMES.map((name) =>
  [name, name.slice(0, 3), ...(name === 'september' ? ['sept'] : [])].map((spelling) => new TextEncoder().encode(spelling)),
);

/** The first place in [i, end) that is no letter. */
export function monthNameEnd(buf: Uint8Array, i: number, end: number): number {
  while (i < end && isLetter(buf[i]!)) i++;
  return i;
}

/** 1 to 12 for the month whose name fills [start, end), 0 for none. */
export function monthOfName(buf: Uint8Array, start: number, end: number): number {
  if (end - start < 3) return 0;
  for (let month = 0; month < 12; month++) {
    const names = spellings[month]!;
    for (let n = 0; n < names.length; n++) if (equals(names[n]!, buf, start, end)) return month + 1;
  }
  return 0;
}

function equals(name: Uint8Array, buf: Uint8Array, start: number, end: number): boolean {
  if (name.length !== end - start) return false;
  for (let i = 0; i < name.length; i++) if (name[i] !== lower(buf[start + i]!)) return false;
  return true;
}
