import { Dictionary } from '../ascii/dictionary.js';
import type { Words } from '../ascii/words.js';
import { DIRECTIONS, SUFFIXES, UNIT_DESIGNATORS } from './suffixes.data.js';

/** What a word of an address may be, as bits. */
export const SUFFIX = 1;
export const DIRECTION = 2;
export const DESIGNATOR = 4;
export const END = 8;
export const BOX = 16;
export const POST_OFFICE_BOX = 32;
/** Words of which `PO`, `P O`, `POST OFFICE`, `RURAL ROUTE`, `R R` and `RR` are made. */
export const PO = 64;
export const P = 128;
export const O = 256;
export const POST = 512;
export const OFFICE = 1024;
export const RURAL = 2048;
export const ROUTE = 4096;
export const R = 8192;
export const RR = 16384;

/** Words that are not abbreviated themselves. */
const MARKERS: readonly (readonly [kind: number, ...words: string[]])[] = [
  [END, 'end'],
  [BOX, 'box', 'bx'],
  [POST_OFFICE_BOX, 'pob', 'pobox'],
  [PO, 'po'],
  [P, 'p'],
  [O, 'o'],
  [POST, 'post'],
  [OFFICE, 'office'],
  [RURAL, 'rural'],
  [ROUTE, 'route'],
  [R, 'r'],
  [RR, 'rr'],
];

const kindOf = new Map<string, number>();
const shortOf = new Map<string, string>();

function add(kind: number, words: Words): void {
  for (const spellings of words)
    for (const spelling of spellings) {
      kindOf.set(spelling, (kindOf.get(spelling) ?? 0) | kind);
      shortOf.set(spelling, spellings[0].toUpperCase());
    }
}

add(SUFFIX, SUFFIXES);
add(DIRECTION, DIRECTIONS);
add(DESIGNATOR, UNIT_DESIGNATORS);
for (const [kind, ...words] of MARKERS) for (const word of words) kindOf.set(word, (kindOf.get(word) ?? 0) | kind);

/** Every word that is known, to its abbreviation; what has none is its own. */
export const KNOWN_WORDS = new Dictionary([...kindOf.keys()].map((word) => [word, shortOf.get(word) ?? word.toUpperCase()] as const));
/** Kinds by the place of the word in the dictionary. */
export const KINDS = Int32Array.from(kindOf.values());
/** Bytes of the longest word that is known. */
export const LONGEST_WORD = [...kindOf.keys()].reduce((longest, word) => Math.max(longest, word.length), 0);
