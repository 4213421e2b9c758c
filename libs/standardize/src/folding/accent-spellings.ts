/**
 * The ways in which a word in small letters may have been typed that its case by ASCII does not tell apart: accents composed, in capitals,
 * decomposed, or left out; the apostrophe of a typewriter or of a printer.
 */
export function accentSpellings(word: string): readonly string[] {
  if (/^[\x20-\x26\x28-\x7e]*$/.test(word)) return [word];
  const capitals = [...word].map((letter) => (letter > '\u007f' ? letter.toUpperCase() : letter)).join('');
  const plain = word.normalize('NFD').replace(/\p{Mark}/gu, '');
  const typed = [word, capitals, word.normalize('NFD'), plain];
  return [...new Set([...typed, ...typed.map((spelling) => spelling.replaceAll("'", '\u2019'))])];
}
