import { findStandardizer } from './registry.js';

/** Codes and identifiers whose characters are all of ASCII. */
const OF_ASCII =
  'bill-type cpt cvx dea drg hcpcs icd-10-cm icd-10-pcs icd-9-cm icd-9-pcs loinc mbi mrn ndc npi place-of-service revenue-code ssn taxonomy tin'.split(
    ' ',
  );
/** These have accents in some of their names, and no other character beyond ASCII. */
const OF_NAMES = ['country', 'language'];
/** Letters and digits of every script are left to the system that wrote them. */
const OF_ANY_SCRIPT = ['code', 'identifier'];

/** Marks of direction, characters of no width, fillers, variants: nobody sees them. */
const UNSEEN = [
  '\u200e',
  '\u200f',
  '\u061c',
  '\u202e',
  '\u2066',
  '\u200b',
  '\u200d',
  '\u2060',
  '\u00ad',
  '\u034f',
  '\u115f',
  '\u180b',
  '\u3164',
  '\ufe0f',
  '\u{e0031}',
];
const ACCENTS = ['\u0300', '\u0323', '\u036f', '\u1ab0', '\u1dc0', '\u20dd', '\ufe20'];
const OTHER_DIGITS = ['\u0661', '\u06f1', '\u0967', '\u00b9', '\u2081', '\u2460', '\u{1d7ce}', '\u{1fbf1}'];

const wide = (character: string): string => String.fromCodePoint(character.codePointAt(0)! + 0xfee0);

function changed(name: string): { text: string; as: string }[] {
  const accents = OF_NAMES.includes(name) ? ['\u20dd', '\ufe20'] : ACCENTS;
  const digits = OF_ANY_SCRIPT.includes(name) ? OTHER_DIGITS.slice(4, 6) : OTHER_DIGITS;
  const accepted = findStandardizer(name)!.examples.filter(
    ([received, canonical]) => typeof canonical === 'string' && /^[!-~]+$/.test(received),
  );
  return accepted.flatMap(([received]) =>
    [...received].flatMap((character, at) => {
      const [before, behind] = [received.slice(0, at), received.slice(at + 1)];
      return [
        { text: `${before}${wide(character)}${behind}`, as: 'full width' },
        ...[...UNSEEN, ...accents].map((mark) => ({ text: `${before}${character}${mark}${behind}`, as: 'a mark behind it' })),
        ...(/\d/.test(character) ? digits.map((digit) => ({ text: `${before}${digit}${behind}`, as: 'another digit' })) : []),
      ];
    }),
  );
}

test.each([...OF_ASCII, ...OF_NAMES, ...OF_ANY_SCRIPT])(
  '%s refuses characters of full width, unseen marks, loose accents and other digits: never another code, never a guess',
  (name) => {
    const standardizer = findStandardizer(name)!;
    const options = standardizer.options.parse({});
    const kernel = standardizer.kernel(options);
    const out = Buffer.alloc(2048);
    const texts = changed(name);
    expect(texts.length).toBeGreaterThan(100);
    for (const { text, as } of texts) {
      const bytes = Buffer.from(text);
      const found = [kernel(bytes, 0, bytes.length, out, 0) < 0, 'finding' in standardizer.reference(text, options)];
      expect({ text, as, found }).toEqual({ text, as, found: [true, true] });
    }
  },
);
