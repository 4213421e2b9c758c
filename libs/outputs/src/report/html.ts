/** A piece of HTML that is whole and safe. Only `markup` makes one, so a text from a file cannot become an element or an attribute. */
export class Html {
  constructor(readonly text: string) {}
}

type Part = Html | string | number | readonly Html[];

/** Templates are broken for those who read the code, not for those who read the page. */
const LINE_BREAK = /\n */g;

/** Everything that is put in is text and is escaped, for content and for attributes in double quotes; HTML alone stays HTML. */
export function markup(pieces: TemplateStringsArray, ...parts: readonly Part[]): Html {
  const [first, ...others] = pieces.map((piece) => piece.replace(LINE_BREAK, ''));
  return new Html(first! + parts.map((part, i) => written(part) + others[i]!).join(''));
}

export const NOTHING = new Html('');

function written(part: Part): string {
  if (part instanceof Html) return part.text;
  if (typeof part === 'object') return part.map(({ text }) => text).join('');
  return escaped(String(part));
}

const REFERENCES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };

function escaped(text: string): string {
  return shown(text).replace(/[&<>"']/g, (mark) => REFERENCES[mark]!);
}

const MOST_CHARACTERS = 400;
/** Controls, marks that change the direction of what follows, and what has no shape at all: a name that holds them must not pass for another. */
const INVISIBLE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Co}\p{Cs}\p{Noncharacter_Code_Point}]/gu;

/** The text as a reader may see it: cut where it is longer than any name or sentence should be, with its invisible characters told. */
function shown(text: string): string {
  const characters = text.length > MOST_CHARACTERS ? [...text.slice(0, 2 * MOST_CHARACTERS)] : undefined;
  const cut = characters && characters.length > MOST_CHARACTERS ? `${characters.slice(0, MOST_CHARACTERS).join('')}…` : text;
  return cut.replace(INVISIBLE, (character) => `[U+${character.codePointAt(0)!.toString(16).toUpperCase().padStart(4, '0')}]`);
}

/** A name out of a file or a document: set apart, so that it cannot turn the direction of what stands beside it. */
export function name(text: string): Html {
  return markup`<bdi>${text === '' ? '(no name)' : text}</bdi>`;
}

/** A name that a program knows, such as that of a field, a code or a rule. */
export function term(text: string): Html {
  return markup`<code>${name(text)}</code>`;
}

/** A whole number with its thousands set apart, the same on every machine. */
export function count(number: number): string {
  return String(number).replace(/\B(?=(\d{3})+$)/g, ',');
}

/** `1 record`, `2 records`. */
export function counted(number: number, noun: string): string {
  return `${count(number)} ${noun}${number === 1 ? '' : 's'}`;
}

/** A share in percent, rounded down, so that 100 % means all; a small share is never 0 %. */
export function percentage(numerator: number, denominator: number): string {
  if (denominator === 0) return 'none';
  const hundredths = Math.floor((10_000 * numerator) / denominator);
  if (hundredths === 0 && numerator > 0) return 'under 0.01 %';
  return `${score(hundredths / 100)} %`;
}

/** 0..100 with two decimals where they say something. */
export function score(value: number): string {
  return Number.isInteger(value) ? String(value) : value.toFixed(2);
}
