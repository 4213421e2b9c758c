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
  ...['II', 'III', 'IV', 'VII', 'VIII', 'MD', 'DDS', 'DMD', 'DVM', 'DPM', 'RN', 'LPN', 'NP', 'FNP', 'APRN', 'CRNA', 'CNM', 'LCSW', 'MPH'],
  ...['PhD', 'PharmD', 'PsyD', 'RPh', 'MBBS'],
  // Scottish names that are hardly ever written with a small letter behind Mac; Mackay, Mackenzie, Mackey and the like are.
  ...['MacAllister', 'MacArthur', 'MacCallum', 'MacDonald', 'MacDougall', 'MacFarlane', 'MacGregor', 'MacIntyre', 'MacLachlan', 'MacLaren'],
  ...['MacLean', 'MacLeod', 'MacMillan', 'MacNeil', 'MacPherson', 'MacTavish'],
].map((form) => [form.toLowerCase(), form] as const);
