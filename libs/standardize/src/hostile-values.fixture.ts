const { imul } = Math;

/** Whole numbers below a limit, the same for the same seed (mulberry32). */
export function randomNumbers(seed: number): (limit: number) => number {
  let state = seed | 0;
  return (limit) => {
    state = (state + 0x6d2b79f5) | 0;
    let t = imul(state ^ (state >>> 15), 1 | state);
    t = (t + imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) % limit;
  };
}

const encoder = new TextEncoder();

/** Bytes on which parsers stumble: neighbours of the digits and letters, signs, blanks, controls. */
const EDGES = [
  ..."/0123456789:@AZ[`az{+-.,$()#%<>≤µ'’ xXtTzZeEmMpP\t\r\n\u0000\u001f\u007f\u0085\u00a0\u2003\u3000\ufeff\u200b\u2028\u2011\u2013\u200f\u202e\u0301\u0308\u0323\u3099−０９ＡＺＫK ſıİßςΣσÉéŸÿ",
];

/** Whole pieces of values, so that mutations meet rules and not only bytes. */
const PIECES = [
  '00',
  '29',
  '31',
  '02',
  '12',
  '13',
  '1900',
  '9999',
  '0000',
  '87',
  'Feb',
  'sept',
  ' AM',
  'T10:15',
  '+02:00',
  ' ext ',
  'x12',
  'USD',
  '$',
  '(',
  ')',
  ',000',
  '.00',
  '.005',
  'Mc',
  "o'",
  ' de la ',
  ' III',
  'MD',
  ' van ',
  '@',
  '.com',
  'xn--',
  '--',
  ' . ',
  'no',
  'New',
  '999',
  '666',
  '000',
  '+1',
  '+44',
  '(0)',
  '1e3',
  '-0',
  ' St',
  ' NORTH ',
  ' Apt ',
  ' #',
  'P.O. Box ',
  ' mg',
  '/dL',
  '%',
  'hispanic',
  'not ',
  ' or ',
  'Jr.',
  '1/2 ',
];

/** Values on which prototypes of these kernels, casts of databases and their like were seen to disagree, and their kind. */
export const NOTORIOUS: readonly string[] = [
  ...[
    '19A0-01-02',
    'Ann, Jr',
    '+217555123',
    '2175551.34',
    '1e3',
    '(5',
    '+123456789',
    '1.5e1',
    '1_000',
    ' 12',
    '1.5',
    '1.239',
    '\t12',
    'nONE',
  ],
  ...[
    'other',
    'éric',
    'Łódź',
    'ß',
    'ẞ',
    'İ',
    'ı',
    'ﬁnn',
    'K12',
    '1,234',
    '1.234,5',
    '-0',
    '+0',
    '0x1F',
    'NaN',
    'Infinity',
    '1e400',
    '١٢',
    '१२',
  ],
  ...[
    '１２',
    'Ｍ',
    'ＤＯＥ',
    '０１／３１／１９８０',
    '–5',
    '−5',
    '5\u00a0mg',
    '5 µg',
    '5 μg',
    'm²',
    '½',
    '①',
    '\u202e12',
    '\u200f617',
    '1\u200b2',
  ],
  ...[
    'O’NEIL',
    'O`NEIL',
    'Oʼneil',
    'A\u030angstro\u0308m',
    'q\u0301',
    '\u0301',
    '\ufeff',
    '\u00ad',
    '\u2060',
    '\ud83d\ude00',
    '\ue000',
    '\u{10ffff}',
  ],
  ...[
    '0000-00-00',
    '1900-01-01',
    '9999-12-31',
    '1800-01-01',
    '29/02/1900',
    '31/12/9999',
    '--',
    '...',
    '###',
    '()',
    "''",
    '"',
    '%',
    '#1',
    '=1+1',
  ],
];

/** Valid UTF-8 for any standardizer, the same for the same seed: random code points of all planes, strings of edges, chains of pieces. */
export function* hostileValues(seed: number): Generator<Uint8Array> {
  for (const value of NOTORIOUS) yield encoder.encode(value);
  const random = randomNumbers(seed);
  const pick = <T>(from: readonly T[]): T => from[random(from.length)]!;
  for (let n = 0; ; n++) {
    switch (n % 4) {
      case 0:
        yield encoder.encode(Array.from({ length: random(12) }, () => String.fromCodePoint(codePoint(random))).join(''));
        break;
      case 1:
        yield encoder.encode(Array.from({ length: random(14) }, () => pick(EDGES)).join(''));
        break;
      default:
        yield encoder.encode(
          Array.from({ length: 1 + random(5) }, () => (random(2) === 0 ? pick(PIECES) : String(random(10 ** random(10))))).join(
            pick(['', '-', '/', '.', ' ', ',']),
          ),
        );
    }
  }
}

/** Values near the examples, endless and the same for the same seed: each with something changed, or several as one. */
export function* changedExamples(seed: number, examples: readonly string[]): Generator<Uint8Array> {
  const random = randomNumbers(seed);
  const pick = <T>(from: readonly T[]): T => from[random(from.length)]!;
  for (let n = 0; ; n++) {
    switch (n % 8) {
      case 0:
        yield encoder.encode(pick([upper, lower])(`${pick(examples)} ${pick(examples)}`.slice(0, 300)));
        break;
      case 1:
        yield encoder.encode(disguised(pick(examples), random));
        break;
      default:
        yield encoder.encode(mutated(pick(examples), random, pick));
    }
  }
}

/** The example in full-width forms, taken apart into letters and marks, or between marks of the direction of writing. */
function disguised(example: string, random: (limit: number) => number): string {
  switch (random(3)) {
    case 0:
      return example.replace(/[!-~]/g, (letter) => String.fromCharCode(letter.charCodeAt(0) + 0xfee0));
    case 1:
      return example.normalize('NFD');
    default:
      return `\u202b${example}\u202c`;
  }
}

const upper = (text: string): string => text.toUpperCase();
const lower = (text: string): string => text.toLowerCase();

function codePoint(random: (limit: number) => number): number {
  const code = random([0x80, 0x250, 0x600, 0x2100, 0x3100, 0x10000, 0x110000][random(7)]!);
  return code >= 0xd800 && code <= 0xdfff ? 0xfffd : code;
}

/** The example with up to three characters changed, put in, taken out, or replaced by a digit. */
function mutated(example: string, random: (limit: number) => number, pick: <T>(from: readonly T[]) => T): string {
  const characters = [...example];
  for (let k = random(4); k > 0; k--) {
    const place = random(characters.length + 1);
    switch (random(6)) {
      case 0:
        characters.splice(place, 1);
        break;
      case 1:
        characters.splice(place, 0, pick(PIECES));
        break;
      case 2:
        characters.splice(place, 1, String.fromCodePoint(codePoint(random)));
        break;
      case 3:
        characters.splice(place, random(2), pick(EDGES));
        break;
      default:
        characters.splice(place, 1, String(random(10)));
    }
  }
  return characters.join('');
}
