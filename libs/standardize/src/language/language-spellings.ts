import { accentSpellings } from '../folding/accent-spellings.js';
import { LANGUAGE_NAMES } from './language-names.data.js';
import type { LanguageOptions } from './language-options.js';
import { ambiguousSubtags } from './subtag-table.js';

/** Bytes that count for nothing in a name. */
export const IGNORED = " .,;-'()";

/** English names and the tags of their languages. A language whose own tag is refused as ambiguous is not read by its name either. */
export function languageSpellings({ codes }: LanguageOptions): readonly (readonly [spelling: string, tag: string])[] {
  return LANGUAGE_NAMES.filter(([tag]) => codes === 'iso' || !ambiguousSubtags.includes(tag)).flatMap(([tag, ...names]) =>
    names.flatMap(accentSpellings).map((spelling) => [spelling, tag] as const),
  );
}
