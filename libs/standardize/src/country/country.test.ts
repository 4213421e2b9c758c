import { COUNTRIES } from './countries.data.js';
import { country } from './country.js';

const kernel = country.kernel({});
const out = Buffer.alloc(512);
const read = (value: string): string | undefined => {
  const bytes = Buffer.from(value);
  const stop = kernel(bytes, 0, bytes.length, out, 0);
  return stop < 0 ? undefined : out.toString('utf8', 0, stop);
};

test('the 249 countries of ISO 3166-1 are known by both codes, the number and every name, and no word is of two', () => {
  expect(COUNTRIES).toHaveLength(249);
  for (const [alpha2, ...rest] of COUNTRIES)
    for (const word of [alpha2, ...rest]) expect([word, read(word), read(word.toUpperCase())]).toEqual([word, alpha2, alpha2]);
});

test('the numbers are those of ICU', () => {
  for (const [alpha2, , numeric] of COUNTRIES) expect(Intl.getCanonicalLocales(`und-${numeric}`)).toEqual([`und-${alpha2}`]);
});

/** The names of ICU that two countries share. */
const SHARED = ['MF'];

test('the English names of ICU, long and short, are the countries that ICU means', () => {
  for (const style of ['long', 'short'] as const) {
    const names = new Intl.DisplayNames('en', { type: 'region', style });
    for (const [alpha2] of COUNTRIES) if (!SHARED.includes(alpha2)) expect([alpha2, read(names.of(alpha2)!)]).toEqual([alpha2, alpha2]);
  }
});

test('no number but those of the standard is a country, and none with a zero too few or too many', () => {
  const known = new Set(COUNTRIES.map(([, , numeric]) => numeric));
  for (let number = 0; number < 1000; number++) {
    const digits = String(number).padStart(3, '0');
    expect([digits, read(digits) !== undefined]).toEqual([digits, known.has(digits)]);
    if (number < 100) expect(read(String(number))).toBeUndefined();
    expect(read(`0${digits}`)).toBeUndefined();
  }
});
