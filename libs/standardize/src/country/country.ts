import { z } from 'zod';
import { finding, type Kernel, type Reading } from '@attune/core';
import { digitsEnd, lowerText, numberOf } from '../ascii/bytes.js';
import { Dictionary } from '../ascii/dictionary.js';
import { defineStandardizer } from '../define-standardizer.js';
import { COUNTRIES } from './countries.data.js';
import { countrySpellings, IGNORED, sharedSpellings } from './country-names.js';

const UNKNOWN = -1;
const AMBIGUOUS = -2;
const NUMERIC_DIGITS = 3;

/** Made when the first kernel is, not when the module is loaded: most processes never look at a country. */
let tables: { readonly words: Dictionary; readonly shared: Dictionary } | undefined;

function tablesOfNames(): NonNullable<typeof tables> {
  tables ??= {
    words: new Dictionary(countrySpellings(), IGNORED),
    shared: new Dictionary(
      sharedSpellings().map((spelling) => [spelling, '?'] as const),
      IGNORED,
    ),
  };
  return tables;
}

/** Both letters of the alpha-2 code by the numeric code, one byte each; 0 where no country has the number. */
const byNumber = new Uint16Array(1000);
for (const [alpha2, , numeric] of COUNTRIES) byNumber[Number(numeric)] = (alpha2.charCodeAt(0) << 8) | alpha2.charCodeAt(1);

function countryKernel(): Kernel {
  const { words, shared } = tablesOfNames();
  return (buf, start, end, out, at) => {
    if (digitsEnd(buf, start, end) === end) {
      const letters = end - start === NUMERIC_DIGITS ? byNumber[numberOf(buf, start, end)]! : 0;
      if (letters === 0) return UNKNOWN;
      out[at] = letters >> 8;
      out[at + 1] = letters & 0xff;
      return at + 2;
    }
    const stop = words.write(buf, start, end, out, at);
    if (stop >= 0) return stop;
    return shared.write(buf, start, end, out, at) >= 0 ? AMBIGUOUS : UNKNOWN;
  };
}

const bare = (text: string) => lowerText(text).replace(/[ .,\-'()]/g, '');
let readings: ReadonlyMap<string, Reading> | undefined;

function readingsByName(): ReadonlyMap<string, Reading> {
  readings ??= new Map<string, Reading>([
    ...sharedSpellings().map((spelling) => [bare(spelling), finding('country.ambiguous')] as const),
    ...countrySpellings().map(([spelling, alpha2]) => [bare(spelling), { value: alpha2 }] as const),
  ]);
  return readings;
}

function readCountry(value: string): Reading {
  if (/^\d+$/.test(value)) {
    const country = COUNTRIES.find(([, , numeric]) => numeric === value);
    return country ? { value: country[0] } : finding('country.unknown');
  }
  return readingsByName().get(bare(value)) ?? finding('country.unknown');
}

/**
 * Countries by ISO 3166-1: alpha-2, alpha-3, the three digits, or an English name, short or full. UK is read as GB, for which ISO 3166-1
 * reserves it. Codes that were withdrawn (YU, SU) name no country of today and are refused, and so are numbers of fewer digits, which
 * hospitals number countries of their own with. Kosovo has no code in the standard.
 */
export const country = defineStandardizer({
  name: 'country',
  produces: 'text',
  description: 'A country, its two letters of ISO 3166-1.',
  options: z.strictObject({}),
  findings: ['country.unknown', 'country.ambiguous'],
  examples: [
    ['US', 'US'],
    ['usa', 'US'],
    ['840', 'US'],
    ['U.S.A.', 'US'],
    ['United States of America', 'US'],
    ['uk', 'GB'],
    ['036', 'AU'],
    ['The Gambia', 'GM'],
    ['Korea, Republic of', 'KR'],
    ['St. Kitts & Nevis', 'KN'],
    ["Côte d'Ivoire", 'CI'],
    ['CÔTE D\u2019IVOIRE', 'CI'],
    ['Cote d Ivoire', 'CI'],
    ['Me\u0301xico', 'MX'],
    ['36', finding('country.unknown')],
    ['84.0', finding('country.unknown')],
    ['YU', finding('country.unknown')],
    ['ＵＳ', finding('country.unknown')],
    ['U\u200fS', finding('country.unknown')],
    ['Ontario', finding('country.unknown')],
    ['Korea', finding('country.ambiguous')],
    ['Congo', finding('country.ambiguous')],
  ],
  kernel: countryKernel,
  reference: readCountry,
});
