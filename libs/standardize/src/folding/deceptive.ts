/**
 * Code points beyond ASCII that have no place in an identifier or address, because people cannot see them or take them for
 * something else: controls, blanks, soft hyphen, fillers, marks of direction and of variants, punctuation, symbols and formatting
 * (U+2000-U+2BFF), ideographic punctuation, private use, presentation and full-width forms, tags and the private planes; and accents that
 * stand alone behind their letter, where a letter that has them is another sequence that looks the same. Letters and digits of all scripts
 * remain.
 */
export function isDeceptive(code: number): boolean {
  if (code < 0x300) return (code >= 0x80 && code <= 0xa0) || code === 0xad;
  if (code < 0x2000) return code <= 0x36f || isDeceptiveBelow2000(code);
  if (code < 0xe000) return code <= 0x2bff || (code >= 0x3000 && code <= 0x303f) || code === 0x3099 || code === 0x309a || code === 0x3164;
  if (code < 0x10000) return code <= 0xf8ff || code >= 0xfe00;
  return code >= 0xe0000 || (code >= 0x1bca0 && code <= 0x1bca3) || (code >= 0x1d173 && code <= 0x1d17a);
}

function isDeceptiveBelow2000(code: number): boolean {
  if (code < 0x1680) return code === 0x61c || code === 0x115f || code === 0x1160;
  if (code < 0x1800) return code === 0x1680 || code === 0x17b4 || code === 0x17b5;
  return (code >= 0x180b && code <= 0x180f) || (code >= 0x1ab0 && code <= 0x1aff) || (code >= 0x1dc0 && code <= 0x1dff);
}

const RANGES: readonly (readonly [first: number, last: number])[] = [
  [0x80, 0xa0],
  [0xad, 0xad],
  [0x300, 0x36f],
  [0x61c, 0x61c],
  [0x115f, 0x1160],
  [0x1680, 0x1680],
  [0x17b4, 0x17b5],
  [0x180b, 0x180f],
  [0x1ab0, 0x1aff],
  [0x1dc0, 0x1dff],
  [0x2000, 0x2bff],
  [0x3000, 0x303f],
  [0x3099, 0x309a],
  [0x3164, 0x3164],
  [0xe000, 0xf8ff],
  [0xfe00, 0xffff],
  [0x1bca0, 0x1bca3],
  [0x1d173, 0x1d17a],
  [0xe0000, 0x10ffff],
];

const escaped = (code: number): string => `\\u{${code.toString(16)}}`;

/** The same set for references. */
export const DECEPTIVE = new RegExp(`[${RANGES.map(([first, last]) => `${escaped(first)}-${escaped(last)}`).join('')}]`, 'u');
