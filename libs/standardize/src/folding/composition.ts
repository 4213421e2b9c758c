/** Marks that are composed: of Latin, Greek and Cyrillic, of Arabic, of kana, and the vowels and finals of Hangul. */
const MARKS: readonly (readonly [first: number, last: number])[] = [
  [0x300, 0x36f],
  [0x653, 0x655],
  [0x3099, 0x309a],
];
/** Letters that are composed lie below, but for the syllables of Hangul. */
const LETTERS_END = 0x3100;
const FIRST_LETTER = 0xc0;

/** Letter and mark, as `letter << 16 | mark`, to the composed letter. */
const pairs = new Map<number, number>();
for (let code = FIRST_LETTER; code < LETTERS_END; code++) addPairs(String.fromCharCode(code));

/** Every way to come to a composed letter by its last mark; the marks of one letter may stand in several orders. */
function addPairs(letter: string): void {
  const parts = letter.normalize('NFD');
  if (parts.length < 2 || letter.normalize('NFC') !== letter) return;
  for (let i = 1; i < parts.length; i++) {
    const mark = parts.charCodeAt(i);
    const rest = (parts.slice(0, i) + parts.slice(i + 1)).normalize('NFC');
    const isPair = rest.length === 1 && (rest + parts[i]!).normalize('NFC') === letter;
    if (isPair && isMark(mark)) pairs.set((rest.charCodeAt(0) << 16) | mark, letter.charCodeAt(0));
  }
}

function isMark(code: number): boolean {
  for (const [first, last] of MARKS) if (code >= first && code <= last) return true;
  return false;
}

const SYLLABLES = 0xac00;
const SYLLABLES_END = 0xd7a4;
const LEADS = 0x1100;
const LEADS_END = 0x1113;
const VOWELS = 0x1161;
const VOWELS_END = 0x1176;
/** One before the first final: a syllable without one counts as the 0th. */
const FINALS = 0x11a7;
const FINALS_END = 0x11c3;
const FINAL_COUNT = 28;
const VOWEL_COUNT = 21;

/**
 * The one letter that a letter and the mark behind it are (Unicode Normalization Form C, UAX 15), or 0 when there is none. Composes pair
 * by pair: a mark behind one that does not compose stays where it is, so that nothing is reordered.
 */
export function composedOf(letter: number, mark: number): number {
  if (letter < 0 || mark < 0x300) return 0;
  if (mark >= VOWELS && mark < FINALS_END) return composedSyllable(letter, mark);
  return letter < LETTERS_END && mark <= 0x309a ? (pairs.get((letter << 16) | mark) ?? 0) : 0;
}

/** Conjoining jamo by arithmetic (The Unicode Standard, section 3.12). */
function composedSyllable(letter: number, mark: number): number {
  if (mark < VOWELS_END) {
    if (letter < LEADS || letter >= LEADS_END) return 0;
    return SYLLABLES + ((letter - LEADS) * VOWEL_COUNT + mark - VOWELS) * FINAL_COUNT;
  }
  if (mark <= FINALS || letter < SYLLABLES || letter >= SYLLABLES_END || (letter - SYLLABLES) % FINAL_COUNT !== 0) return 0;
  return letter + mark - FINALS;
}
