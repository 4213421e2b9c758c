/** Words that are small between other words of a name. */
export const PARTICLES: readonly string[] = [
  'da',
  'das',
  'de',
  'del',
  'della',
  'den',
  'der',
  'di',
  'do',
  'dos',
  'du',
  'la',
  'las',
  'los',
  'ten',
  'ter',
  'van',
  'von',
  'vom',
  'y',
  'zu',
];

/** Words with a form of their own; the key is in small letters. */
export const FIXED_FORMS: readonly (readonly [word: string, form: string])[] = [
  ['ii', 'II'],
  ['iii', 'III'],
  ['iv', 'IV'],
  ['vii', 'VII'],
  ['viii', 'VIII'],
  ['md', 'MD'],
  ['dds', 'DDS'],
  ['dmd', 'DMD'],
  ['rn', 'RN'],
  ['phd', 'PhD'],
];
