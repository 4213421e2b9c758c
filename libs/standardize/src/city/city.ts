import { finding, type Reading } from '@attune/core';
import { lowerText } from '../ascii/bytes.js';
import { defineStandardizer } from '../define-standardizer.js';
import { capitals } from '../folding/case-reference.js';
import { foldedText } from '../folding/fold-reference.js';
import { cityKernel } from './city-kernel.js';
import { CityOptions, SPELLED_OUT } from './city-options.js';

const spelledOut = new Map(SPELLED_OUT);

function readCity(value: string, { letters }: CityOptions): Reading {
  const words = foldedText(value).replaceAll('.', '').split(' ').filter(Boolean);
  const city = words.map((word, i) => (i < words.length - 1 ? (spelledOut.get(lowerText(word)) ?? word) : word)).join(' ');
  if (!/[A-Za-z\u0080-\u{10ffff}]/u.test(city)) return finding('city.invalid');
  return { value: foldedText(letters === 'upper' ? capitals(city) : city) };
}

/**
 * Names of cities in capitals, as the USPS prefers them (USPS Publication 28, sections 211 and 221), so that one city is one value; the
 * option `letters` keeps those received. Dots count for nothing. St, Ste, Ft and Mt are spelled out before another word, as the USPS
 * spells Saint Louis and Fort Worth; at the end of a name they stay, and so do N, S, E and W: S may be South, San or Santa. Accents stay.
 */
export const city = defineStandardizer({
  name: 'city',
  produces: 'text',
  description: 'The name of a city in capitals.',
  options: CityOptions,
  findings: ['city.invalid'],
  examples: [
    ['Boston', 'BOSTON'],
    ['  new   york ', 'NEW YORK'],
    ['St. Louis', 'SAINT LOUIS'],
    ['E ST LOUIS', 'E SAINT LOUIS'],
    ['Sault Ste. Marie', 'SAULT SAINTE MARIE'],
    ['Ft Worth', 'FORT WORTH'],
    ['mt. vernon', 'MOUNT VERNON'],
    ['Rocky Mt', 'ROCKY MT'],
    ['O’Fallon', "O'FALLON"],
    ['Winston–Salem', 'WINSTON-SALEM'],
    ['Mayagüez', 'MAYAGÜEZ'],
    ['Mayagu\u0308ez', 'MAYAGÜEZ'],
    ['ＢＯＳＴＯＮ', 'BOSTON'],
    ['תל אביב\u200f', 'תל אביב'],
    ['02155', finding('city.invalid')],
    ['...', finding('city.invalid')],
    ['\u200f', finding('city.invalid')],
  ],
  kernel: cityKernel,
  reference: readCity,
});
