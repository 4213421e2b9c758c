import { accentSpellings } from '../folding/accent-spellings.js';
import { COUNTRIES } from './countries.data.js';

/** Bytes that count for nothing in a name. */
export const IGNORED = " .,-'()";

/** What more than one country is called: the Congos, the Koreas, the Virgin Islands, the two halves of Saint Martin, and what was British and French Guiana. */
const SHARED_NAMES = ['congo', 'korea', 'virgin islands', 'saint martin', 'guiana'];

/** A name with and without its article, with Saint and "and" written out or short, and with accents however they were typed. */
function spellingsOf(name: string): readonly string[] {
  const saints = [name, name.replace(/\bsaint\b/g, 'st')];
  const short = new Set(saints.flatMap((spelling) => [spelling, spelling.replaceAll(' and ', ' & ')]));
  const articled = [...short].flatMap((spelling) => [spelling, `the ${spelling}`, `${spelling}, the`]);
  return articled.flatMap(accentSpellings);
}

/** Every spelling of a country but its number, with its alpha-2 code. */
export function countrySpellings(): readonly (readonly [spelling: string, alpha2: string])[] {
  return COUNTRIES.flatMap(([alpha2, alpha3, , ...names]) =>
    [alpha2.toLowerCase(), alpha3.toLowerCase(), ...names.flatMap(spellingsOf)].map((spelling) => [spelling, alpha2] as const),
  );
}

export const sharedSpellings = (): readonly string[] => SHARED_NAMES.flatMap(spellingsOf);
