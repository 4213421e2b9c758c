/** The letters whose case we change: Latin, Greek and Cyrillic, without those that have no single letter as their other case. */
const CASED = /^[A-Za-zÀ-ÖØ-Þà-öø-ÿĀ-ķĹ-ňŊ-žƠơƯưǍ-ǜǞ-ǯǸ-ȟȢ-ȳΆΈ-ΊΌΎΏΑ-ΡΣ-Ϋά-ία-ώЀ-ҁҊ-ҿӐ-ԯḀ-ẕẠ-ỿ]$/u;

/** The capital of one letter, as in the table of cases: for references, not for kernels. */
export function capital(letter: string): string {
  return CASED.test(letter) ? letter.toUpperCase() : letter;
}

/** The small form of one letter, as in the table of cases: for references, not for kernels. */
export function small(letter: string): string {
  if (letter === 'İ') return 'i';
  return CASED.test(letter) ? letter.toLowerCase() : letter;
}

export function capitals(text: string): string {
  return [...text].map(capital).join('');
}
