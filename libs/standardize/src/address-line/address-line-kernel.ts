import type { Kernel } from '@attune/core';
import { SLASH, SPACE, copyBytes, isDigit, lower, upper } from '../ascii/bytes.js';
import { foldAgain, foldText } from '../folding/fold-text.js';
import { writeCapitals } from '../folding/write-capitals.js';
import type { AddressLineOptions } from './address-line-options.js';
import {
  BOX,
  DESIGNATOR,
  DIRECTION,
  END,
  KNOWN_WORDS,
  O,
  OFFICE,
  P,
  PO,
  POST,
  POST_OFFICE_BOX,
  R,
  ROUTE,
  RR,
  RURAL,
  SUFFIX,
} from './word-kinds.js';
import { WordSpans } from './word-spans.js';

const INVALID = -1;
const NONE = -1;
const CAPITAL_A = 0x41;
const CAPITAL_Z = 0x5a;

const BOX_TEXT = new TextEncoder().encode('BOX');
const PO_TEXT = new TextEncoder().encode('PO ');
const RR_TEXT = new TextEncoder().encode('RR ');

export const addressLineKernel = ({ letters }: AddressLineOptions): Kernel => {
  const line = new AddressLine();
  return (buf, start, end, out, at) => {
    const stop = line.write(buf, start, end, out, at);
    if (stop < 0) return stop;
    return foldAgain(out, at, letters === 'upper' ? writeCapitals(out, at, stop, out, at) : stop);
  };
};

/** Holds the words of one line while it is written; one per kernel, used again for every value. */
class AddressLine {
  readonly #words = new WordSpans();
  readonly #word = new Uint8Array(16);
  #folded = new Uint8Array(256);
  #suffix = NONE;
  #before = NONE;
  #behind = NONE;

  /** Writes the line with its abbreviations, letters as received, and returns the new end or a finding. */
  write(buf: Uint8Array, start: number, end: number, out: Uint8Array, at: number): number {
    if (this.#folded.length < end - start) this.#folded = new Uint8Array(2 * (end - start));
    this.#words.cut(this.#folded, foldText(buf, start, end, this.#folded, 0));
    if (!this.#words.holdText()) return INVALID;
    this.#removeSigns();
    const box = this.#boxNumber();
    if (box > 0) return this.#writeWords(box, out, this.#writeBox(box, out, at));
    const route = this.#routeNumber();
    if (route > 0) return this.#writeWords(route, out, copyBytes(RR_TEXT, 0, RR_TEXT.length, out, at));
    return this.#writeStreetAndUnit(out, at);
  }

  /** The sign for a number says nothing behind a word that says it already. */
  #removeSigns(): void {
    const words = this.#words;
    let last = words.count - 1;
    while (last >= 0 && words.isSign(last)) last--;
    for (let i = 1; i < last; i++)
      while (i < last && words.isSign(i) && words.is(DESIGNATOR | BOX | POST_OFFICE_BOX, i - 1)) {
        words.remove(i);
        last--;
      }
  }

  /** The place of the number of a post office box, or 0 when the line is none. */
  #boxNumber(): number {
    const words = this.#words;
    if (!words.is(PO | P | POST | POST_OFFICE_BOX, 0)) return 0;
    const twoWords = (words.is(P, 0) && words.is(O, 1)) || (words.is(POST, 0) && words.is(OFFICE, 1));
    const box = words.is(PO, 0) ? 1 : twoWords ? 2 : 0;
    const number = words.is(POST_OFFICE_BOX, 0) ? 1 : box > 0 && words.is(BOX, box) ? box + 1 : 0;
    return number > 0 && this.#words.isRange(number) ? number : 0;
  }

  /** The place of the number of a rural route, or 0 when the line is none. */
  #routeNumber(): number {
    const words = this.#words;
    const twoWords = (words.is(RURAL, 0) && words.is(ROUTE, 1)) || (words.is(R, 0) && words.is(R, 1));
    const number = words.is(RR, 0) ? 1 : twoWords ? 2 : 0;
    return number > 0 && number < words.count && words.holdsDigit(number) ? number : 0;
  }

  #writeBox(number: number, out: Uint8Array, at: number): number {
    at = copyBytes(PO_TEXT, 0, PO_TEXT.length, out, at);
    const { buf, starts, ends: wordEnds } = this.#words;
    const start = starts[number - 1]!;
    const isWord = this.#words.is(BOX, number - 1);
    const same = isWord && wordEnds[number - 1]! - start === BOX_TEXT.length;
    if (same) at = copyBytes(buf, start, start + BOX_TEXT.length, out, at);
    else at = writeAbbreviation(BOX_TEXT, BOX_TEXT.length, isWord && isCapital(buf[start + 1]!), out, at);
    out[at++] = SPACE;
    return at;
  }

  /** Writes the words from `first` on as they are. */
  #writeWords(first: number, out: Uint8Array, at: number): number {
    const { buf, starts, ends: wordEnds, count } = this.#words;
    for (let w = first; w < count; w++) {
      if (w > first) out[at++] = SPACE;
      at = copyBytes(buf, starts[w]!, wordEnds[w]!, out, at);
    }
    return at;
  }

  #writeStreetAndUnit(out: Uint8Array, at: number): number {
    const words = this.#words;
    let coreEnd = 0;
    while (coreEnd < words.count && !words.isSign(coreEnd) && !this.#isUnit(coreEnd)) coreEnd++;
    this.#findStreet(coreEnd);
    for (let w = 0; w < words.count; w++) {
      if (w > 0) out[at++] = SPACE;
      if (w < coreEnd ? w === this.#suffix : this.#isUnit(w)) at = this.#writeShort(w, out, at);
      else if (w === this.#before || w === this.#behind) at = KNOWN_WORDS.writeAt(words.known[w]!, out, at);
      else at = copyBytes(words.buf, words.starts[w]!, words.ends[w]!, out, at);
    }
    return at;
  }

  #isUnit(at: number): boolean {
    return this.#words.is(DESIGNATOR, at) && this.#words.isRange(at + 1);
  }

  /** Where in the words before `end` the suffix and the directions of a street stand; none without the number of a house. */
  #findStreet(end: number): void {
    this.#suffix = this.#before = this.#behind = NONE;
    const words = this.#words;
    if (!isDigit(words.buf[words.starts[0]!]!)) return;
    const name = this.#isFraction(1) ? 2 : 1;
    if (end - 2 > name && words.is(DIRECTION, end - 1) && words.is(SUFFIX, end - 2)) this.#behind = end - 1;
    const last = this.#behind === NONE ? end - 1 : end - 2;
    if (last > name && words.is(SUFFIX, last)) this.#suffix = last;
    const nameEnd = this.#suffix === NONE ? end : this.#suffix;
    const next = name + 1;
    // West End, North Shore and South Park are names.
    if (nameEnd - name < 2 || !words.is(DIRECTION, name)) return;
    if (!words.is(DIRECTION, next) && !words.is(SUFFIX, next) && !words.is(END, next)) this.#before = name;
  }

  /** `1/2` */
  #isFraction(at: number): boolean {
    if (at >= this.#words.count) return false;
    const { buf } = this.#words;
    const start = this.#words.starts[at]!;
    const end = this.#words.ends[at]!;
    let slash = NONE;
    for (let i = start; i < end; i++) {
      if (isDigit(buf[i]!)) continue;
      if (buf[i] !== SLASH || slash !== NONE) return false;
      slash = i;
    }
    return slash > start && slash < end - 1;
  }

  /** Writes the abbreviation of word `at`; a word that is its own abbreviation stays as it is. */
  #writeShort(at: number, out: Uint8Array, to: number): number {
    const { buf, starts, ends: wordEnds, known } = this.#words;
    const start = starts[at]!;
    const end = wordEnds[at]!;
    const length = KNOWN_WORDS.writeAt(known[at]!, this.#word, 0);
    let same = length === end - start;
    for (let i = 0; same && i < length; i++) same = lower(buf[start + i]!) === lower(this.#word[i]!);
    if (same) return copyBytes(buf, start, end, out, to);
    return writeAbbreviation(this.#word, length, isCapital(buf[start + 1]!), out, to);
  }
}

function isCapital(byte: number): boolean {
  return byte >= CAPITAL_A && byte <= CAPITAL_Z;
}

/** Capitals for capitals, else only a first capital. */
function writeAbbreviation(word: Uint8Array, length: number, capitals: boolean, out: Uint8Array, at: number): number {
  out[at++] = upper(word[0]!);
  for (let i = 1; i < length; i++) out[at++] = capitals ? upper(word[i]!) : lower(word[i]!);
  return at;
}
