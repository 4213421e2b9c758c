/** Of one repetition, and of repetitions within each other multiplied: more is refused by RE2 as well. */
const MOST_REPEATS = 1000;
const DEEPEST = 50;
const CLASSES = 'dDwWsS';
const PUNCTUATION = '\\^$.|?*+()[]{}-/"\'#&,:;<=>@_`~!% ';

/**
 * Why a pattern is refused; undefined for one that is taken. What is taken is the part of regular expressions that RE2 matches in time
 * linear in the value: characters, `.`, classes, `\d \w \s`, groups, alternatives, `^ $ \b` and counted repetition. References back,
 * looking ahead and behind, and flags are not in it.
 */
export function patternFault(pattern: string): string | undefined {
  try {
    const rest = new PatternReader(pattern);
    rest.alternatives(0);
    return rest.ended ? undefined : 'a parenthesis closes that was never opened';
  } catch (error) {
    if (error instanceof PatternFault) return error.message;
    throw error;
  }
}

class PatternFault extends Error {}

class PatternReader {
  readonly #characters: readonly string[];
  #at = 0;

  constructor(pattern: string) {
    this.#characters = [...pattern];
  }

  get ended(): boolean {
    return this.#at === this.#characters.length;
  }

  /** Returns how often what was read may repeat something inside of it. */
  alternatives(depth: number): number {
    if (depth > DEEPEST) throw new PatternFault('groups lie too deep within each other');
    let most = this.#sequence(depth);
    while (this.#take('|')) most = Math.max(most, this.#sequence(depth));
    return most;
  }

  #sequence(depth: number): number {
    let most = 1;
    while (!this.ended && this.#next !== '|' && this.#next !== ')') {
      const anchor = this.#next === '^' || this.#next === '$';
      const inside = this.#atom(depth);
      const repeats = inside * this.#repetition(anchor);
      if (repeats > MOST_REPEATS) throw new PatternFault(`more than ${MOST_REPEATS} repetitions`);
      most = Math.max(most, repeats);
    }
    return most;
  }

  #atom(depth: number): number {
    const character = this.#characters[this.#at++]!;
    if (character === '\\') return this.#escape();
    if (character === '[') return this.#set();
    if (character === '(') {
      if (this.#take('?') && !this.#take(':')) throw new PatternFault('only groups (…) and (?:…) are known: no looking around, no flags');
      const inside = this.alternatives(depth + 1);
      if (!this.#take(')')) throw new PatternFault('a group is never closed');
      return inside;
    }
    if ('*+?{'.includes(character)) throw new PatternFault(`there is nothing to repeat before ${character}`);
    if ('}]'.includes(character)) throw new PatternFault(`write \\${character} for the character`);
    return 1;
  }

  #repetition(anchor: boolean): number {
    const character = this.#next;
    if (character === undefined || !'*+?{'.includes(character)) return 1;
    if (anchor) throw new PatternFault('an anchor cannot be repeated');
    this.#at++;
    const times = character === '{' ? this.#counted() : 1;
    this.#take('?');
    if (this.#next !== undefined && '*+?{'.includes(this.#next)) throw new PatternFault('a repetition cannot be repeated');
    return times;
  }

  #counted(): number {
    const from = this.#number();
    let to = from;
    if (this.#take(',')) to = this.#next === '}' ? from : this.#number();
    if (!this.#take('}') || to < from) throw new PatternFault('a repetition is written as {2}, {2,} or {2,5}');
    return Math.max(1, to);
  }

  #number(): number {
    let digits = '';
    while (this.#next !== undefined && this.#next >= '0' && this.#next <= '9') digits += this.#characters[this.#at++]!;
    if (digits === '' || digits.length > 4) throw new PatternFault('a repetition is written as {2}, {2,} or {2,5}');
    return Number(digits);
  }

  #escape(): number {
    const character = this.#characters[this.#at++];
    if (character === undefined) throw new PatternFault('the pattern ends with a backslash');
    if (!`${CLASSES}bBtnr${PUNCTUATION}`.includes(character)) throw new PatternFault(`\\${character} is not known`);
    if ('bB'.includes(character) && this.#next !== undefined && '*+?{'.includes(this.#next))
      throw new PatternFault('an anchor cannot be repeated');
    return 1;
  }

  /** `[a-z0-9_]`, `[^,]`. */
  #set(): number {
    this.#take('^');
    let members = 0;
    while (!this.#take(']')) {
      const low = this.#member();
      if (this.#next === '-' && this.#characters[this.#at + 1] !== ']') {
        this.#at++;
        const high = this.#member();
        if (low === undefined || high === undefined || low > high) throw new PatternFault('a range in brackets is written as a-z');
      }
      members++;
    }
    if (members === 0) throw new PatternFault('there is nothing in the brackets');
    return 1;
  }

  /** The character's number; undefined for a class of characters. */
  #member(): number | undefined {
    const character = this.#characters[this.#at++];
    if (character === undefined) throw new PatternFault('a bracket is never closed');
    if (character === '[') throw new PatternFault('write \\[ for the character');
    if (character !== '\\') return character.codePointAt(0)!;
    const escaped = this.#characters[this.#at++];
    if (escaped === undefined || !`${CLASSES}tnr${PUNCTUATION}`.includes(escaped))
      throw new PatternFault('an escape in brackets is not known');
    if (CLASSES.includes(escaped)) return undefined;
    return 'tnr'.includes(escaped) ? '\t\n\r'.charCodeAt('tnr'.indexOf(escaped)) : escaped.codePointAt(0)!;
  }

  get #next(): string | undefined {
    return this.#characters[this.#at];
  }

  #take(character: string): boolean {
    if (this.#next !== character) return false;
    this.#at++;
    return true;
  }
}
