/** What a number format makes of a number (ECMA-376 part 1, 18.8.30 and 18.8.31). */
export interface NumberFormat {
  /** It shows a day, month or year. */
  readonly date: boolean;
  /** It shows a time of day. */
  readonly time: boolean;
  /** It shows hours, minutes or seconds beyond a day, as `[h]:mm` does. */
  readonly duration: boolean;
  /** Digits and literal characters of a format that pads a whole number, as `00000` and `000-00-0000` do. */
  readonly mask?: string;
}

export const GENERAL: NumberFormat = { date: false, time: false, duration: false };
const DATE: NumberFormat = { date: true, time: false, duration: false };
const TIME: NumberFormat = { date: false, time: true, duration: false };
const DATE_TIME: NumberFormat = { date: true, time: true, duration: false };
const DURATION: NumberFormat = { date: false, time: false, duration: true };

const range = (from: number, to: number, format: NumberFormat): (readonly [number, NumberFormat])[] =>
  Array.from({ length: to - from + 1 }, (_, i) => [from + i, format] as const);

/** Formats that every program knows by number, those of East Asian locales included. */
export const BUILT_IN_FORMATS: ReadonlyMap<number, NumberFormat> = new Map([
  ...range(14, 17, DATE),
  ...range(18, 21, TIME),
  [22, DATE_TIME],
  ...range(27, 31, DATE),
  ...range(32, 35, TIME),
  [36, DATE],
  [45, TIME],
  [46, DURATION],
  [47, TIME],
  ...range(50, 58, DATE),
] as const);

const LITERALS = /"[^"]*"?|\\.|[_*]./g;
const BRACKETS = /\[[^\]]*\]?/g;
const ELAPSED = /\[(?:h+|m+|s+)\]/i;
const PADDED = /^(?:0|\\[-/ ()]|"[-/ ()]*"|[-/ ()])+$/;

/** What a format code means; only the section for positive numbers counts. */
export function formatOf(code: string): NumberFormat {
  const shown = code.replaceAll(LITERALS, '');
  const elapsed = ELAPSED.test(shown);
  const section = shown.replaceAll(BRACKETS, '').split(';')[0]!.toLowerCase();
  if (elapsed) return DURATION;
  if (section.includes('general')) return GENERAL;
  const letters = section.replaceAll(/am\/pm|a\/p/g, 'h').replaceAll(/e[+-]/g, '');
  const time = /[hs]/.test(letters);
  const date = /[yd]|mmm/.test(letters) || (!time && letters.includes('m'));
  if (date || time) return { date, time, duration: false };
  return maskOf(code);
}

/** A format of nothing but zeros and punctuation: what is an identifier, not an amount, as ZIP codes and social security numbers are. */
function maskOf(code: string): NumberFormat {
  const first = code.split(';')[0]!;
  const zeros = [...first].filter((letter) => letter === '0').length;
  if (zeros < 2 || !PADDED.test(first)) return GENERAL;
  return { ...GENERAL, mask: first.replaceAll(/["\\]/g, '') };
}

/** The digits of a whole number in the places of the mask, from the right; more digits than there are places stay as they are. */
export function padded(digits: string, mask: string): string {
  let left = digits.length;
  let out = '';
  for (let i = mask.length - 1; i >= 0; i--) {
    if (mask[i] !== '0') out = mask[i]! + out;
    else out = (left > 0 ? digits[--left]! : '0') + out;
  }
  return left > 0 ? digits : out;
}
