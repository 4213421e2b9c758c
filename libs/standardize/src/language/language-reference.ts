import { finding, type Reading } from '@attune/core';
import { lowerText, upperText } from '../ascii/bytes.js';
import { COUNTRIES } from '../country/countries.data.js';
import { SCRIPTS, WORLD_REGIONS } from './language-codes.data.js';
import type { LanguageOptions } from './language-options.js';
import { languageSpellings } from './language-spellings.js';
import { ambiguousSubtags, liveSubtags, replacedSubtags } from './subtag-table.js';

const live = new Set(liveSubtags);
const replaced = new Map(replacedSubtags);
const ambiguous = new Set(ambiguousSubtags);
const scripts = new Set(SCRIPTS.trim().split(/\s+/));
const regions = new Set([...COUNTRIES.map(([alpha2]) => alpha2), ...WORLD_REGIONS.trim().split(/\s+/)]);

const bare = (text: string) => lowerText(text).replace(/[ .,;\-'()]/g, '');
const namesOf = (codes: LanguageOptions['codes']) => new Map(languageSpellings({ codes }).map(([name, tag]) => [bare(name), tag]));
const names = new Map<LanguageOptions['codes'], ReadonlyMap<string, string>>();

function nameOf(value: string, codes: LanguageOptions['codes']): string | undefined {
  const known = names.get(codes) ?? namesOf(codes);
  names.set(codes, known);
  return known.get(bare(value));
}

/** Language, script and region of a tag in their own case; undefined where a part is not known. */
function readTag(value: string): string | undefined {
  const [, primary, script, region] = /^([a-z]{2,3})(?:[-_]([a-z]{4}))?(?:[-_]([a-z]{2}|\d{3}))?$/.exec(lowerText(value)) ?? [];
  const language = primary === undefined ? undefined : (replaced.get(primary) ?? (live.has(primary) ? primary : undefined));
  if (language === undefined) return undefined;
  const inItsCase = script === undefined ? undefined : `${upperText(script[0]!)}${script.slice(1)}`;
  if (inItsCase !== undefined && !scripts.has(inItsCase)) return undefined;
  if (region !== undefined && !regions.has(upperText(region))) return undefined;
  return [language, inItsCase, region === undefined ? undefined : upperText(region)].filter((part) => part !== undefined).join('-');
}

export function readLanguage(value: string, { codes }: LanguageOptions): Reading {
  const first = lowerText(value.split(/[-_]/)[0]!);
  if (codes === 'mixed' && ambiguous.has(first)) return finding('language.ambiguous');
  const tag = readTag(value) ?? nameOf(value, codes);
  return tag === undefined ? finding('language.unknown') : { value: tag };
}
