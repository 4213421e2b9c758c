/** The end of the letters that are looked at: Latin, Greek, Cyrillic, each of one or two bytes in UTF-8. */
export const LETTERS_END = 0x530;

/**
 * Small letters and their capital ones, one for one and there and back; both of the same number of bytes. Letters that other rules
 * would change into two (ß), or into one that has another small letter (ı, ς, µ), stay as they are, so that every engine agrees.
 */
function letterPairs(): readonly (readonly [small: string, capital: string])[] {
  const pairs: [string, string][] = [];
  for (let code = 0x61; code < LETTERS_END; code++) {
    const small = String.fromCharCode(code);
    const capital = small.toUpperCase();
    if (capital.length !== 1 || capital === small || capital.toLowerCase() !== small) continue;
    if (capital.charCodeAt(0) < LETTERS_END && capital.charCodeAt(0) < 0x80 === code < 0x80) pairs.push([small, capital]);
  }
  return pairs;
}

const PAIRS = letterPairs();
export const SMALL_LETTERS = PAIRS.map(([small]) => small).join('');
export const CAPITAL_LETTERS = PAIRS.map(([, capital]) => capital).join('');

/** White space that `trim` removes; the same as is removed from every received value. */
export const WHITE_SPACE =
  ' \t\r\n\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000\ufeff';
