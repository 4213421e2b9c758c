import { LANGUAGE_NAMES } from './language-names.data.js';
import { language } from './language.js';
import { ambiguousSubtags, liveSubtags, replacedSubtags } from './subtag-table.js';

const read = (value: string, codes: 'mixed' | 'iso' = 'iso'): string | undefined => {
  const reading = language.reference(value, { codes });
  const out = Buffer.alloc(256);
  const bytes = Buffer.from(value);
  const stop = language.kernel({ codes })(bytes, 0, bytes.length, out, 0);
  const told = stop < 0 ? undefined : out.toString('utf8', 0, stop);
  expect('value' in reading ? reading.value : undefined).toBe(told);
  return told;
};

/** CLDR takes some languages for another that has more speakers (cmn for zh, prs for fa-AF), BCP 47 does not. */
const OF_CLDR = 'sh hbs tl tgl twi bh bih drh drw tnf'.split(' ');

test('codes become the tags that ICU makes of them', () => {
  const codes = ['iso'] as const;
  const kernel = language.kernel({ codes: codes[0] });
  const out = Buffer.alloc(16);
  let compared = 0;
  for (const code of [...liveSubtags.filter((subtag) => subtag.length === 2), ...replacedSubtags.map(([from]) => from)]) {
    if (OF_CLDR.includes(code)) continue;
    const stop = kernel(Buffer.from(code), 0, code.length, out, 0);
    expect([code, out.toString('utf8', 0, stop)]).toEqual([code, Intl.getCanonicalLocales(code)[0]]);
    compared++;
  }
  expect(compared).toBeGreaterThan(450);
});

test.each(['zh-hant-tw', 'SR_LATN_RS', 'es-419', 'pt-br', 'yue-Hant-HK', 'ger-CH', 'eng-us'])(
  'the tag %s is written as ICU writes it',
  (tag) => {
    expect(read(tag)).toBe(Intl.getCanonicalLocales(tag.replaceAll('_', '-'))[0]);
  },
);

test.each([
  'en-',
  '-en',
  'en--US',
  'en-US-',
  'en-USA',
  'en-Latx',
  'en-ZZ',
  'en-840',
  'en-US-Latn',
  'ca-valencia',
  'en-u-nu-latn',
  'en US',
  'i-klingon',
  'x-mine',
  'qaa',
  'xx',
  'e',
])('%j is no tag that says which language a person speaks', (tag) => {
  expect(read(tag)).toBeUndefined();
});

test('every name belongs to one language, and each leads to a tag that is its own standard form', () => {
  const owners = new Map<string, string>();
  for (const [tag, ...names] of LANGUAGE_NAMES) {
    expect(Intl.getCanonicalLocales(tag)[0] === tag || read(tag) === tag).toBe(true);
    for (const name of names) {
      expect([name, owners.get(name) ?? tag]).toEqual([name, tag]);
      owners.set(name, tag);
    }
  }
  const kernel = language.kernel({ codes: 'iso' });
  const out = Buffer.alloc(256);
  for (const [name, tag] of owners) {
    const bytes = Buffer.from(name);
    const stop = kernel(bytes, 0, bytes.length, out, 0);
    expect([name, out.toString('utf8', 0, stop)]).toEqual([name, tag]);
  }
});

test('three letters that are one language by ISO 639 and another by habit are read only where ISO codes were promised', () => {
  for (const code of ambiguousSubtags) {
    expect([code, 'value' in language.reference(code, { codes: 'mixed' })]).toEqual([code, false]);
    expect([code, 'value' in language.reference(code, { codes: 'iso' })]).toEqual([code, true]);
  }
  expect([read('MAN', 'mixed'), read('MAN')]).toEqual([undefined, 'man']);
  expect([read('Haida', 'mixed'), read('Haida')]).toEqual([undefined, 'hai']);
});
