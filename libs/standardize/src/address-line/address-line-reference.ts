import { finding, type Reading } from '@attune/core';
import { lowerText } from '../ascii/bytes.js';
import type { Words } from '../ascii/words.js';
import { capitals } from '../folding/case-reference.js';
import { foldedText } from '../folding/fold-reference.js';
import type { AddressLineOptions } from './address-line-options.js';
import { DIRECTIONS, SUFFIXES, UNIT_DESIGNATORS } from './suffixes.data.js';

const spellings = (words: Words): Map<string, string> =>
  new Map(words.flatMap((word) => word.map((spelling) => [spelling, word[0].toUpperCase()] as const)));
const suffixes = spellings(SUFFIXES);
const directions = spellings(DIRECTIONS);
const designators = spellings(UNIT_DESIGNATORS);

/** Beginnings of a post office box and of a rural route, each up to what its number follows. */
const BOX = /^(?:(?:po|p o|post office) (box|bx)|pob|pobox) (?=\S)/i;
const ROUTE = /^(?:rural route|r r|rr) (?=\S*\d)/i;

const isSuffix = (word: string | undefined): boolean => suffixes.has(lowerText(word ?? ''));
const isDirection = (word: string | undefined): boolean => directions.has(lowerText(word ?? ''));
const isRange = (word: string | undefined): boolean => /^(?:[a-z]|.*\d.*)$/i.test(word ?? '');

export function readAddressLine(value: string, { letters }: AddressLineOptions): Reading {
  const plain = foldedText(value)
    .replace(/(?<!\d)\.|\.(?!\d)/g, '')
    .replace(/,/g, ' ')
    .replace(/#/g, ' # ');
  const words = withoutSigns(plain.split(' ').filter(Boolean));
  if (!words.some((word) => /[0-9A-Za-z\u0080-\u{10ffff}]/u.test(word))) return finding('address_line.invalid');
  const line = boxOrRoute(words.join(' ')) ?? streetAndUnit(words).join(' ');
  return { value: foldedText(letters === 'upper' ? capitals(line) : line) };
}

/** The sign for a number says nothing behind a word that says it already. */
function withoutSigns(words: readonly string[]): string[] {
  const kept: string[] = [];
  words.forEach((word, i) => {
    const isFollowed = words.slice(i).some((other) => other !== '#');
    const before = lowerText(kept.at(-1) ?? '');
    if (word !== '#' || !isFollowed || !(designators.has(before) || /^(?:box|bx|pob|pobox)$/.test(before))) kept.push(word);
  });
  return kept;
}

function boxOrRoute(line: string): string | undefined {
  const box = BOX.exec(line);
  if (box && isRange(line.slice(box[0].length).split(' ')[0]))
    return `PO ${written(box[1] ?? 'x', 'BOX', lowerText(box[1] ?? '') === 'box')} ${line.slice(box[0].length)}`;
  return ROUTE.test(line) ? line.replace(ROUTE, 'RR ') : undefined;
}

function streetAndUnit(words: readonly string[]): string[] {
  const isUnit = (at: number): boolean => designators.has(lowerText(words[at]!)) && isRange(words[at + 1]);
  const firstUnit = words.findIndex((word, at) => word === '#' || isUnit(at));
  const coreEnd = firstUnit < 0 ? words.length : firstUnit;
  const street = streetOf(words, coreEnd);
  return words.map((word, at) => {
    if (at >= coreEnd) return isUnit(at) ? abbreviated(word, designators) : word;
    if (at === street.suffix) return abbreviated(word, suffixes);
    return at === street.before || at === street.behind ? capitals(abbreviated(word, directions)) : word;
  });
}

/** Where in the words before `end` the suffix and the directions of a street stand; none without the number of a house. */
function streetOf(words: readonly string[], end: number): { suffix?: number; before?: number; behind?: number } {
  if (!/^\d/.test(words[0]!)) return {};
  const name = /^\d+\/\d+$/.test(words[1] ?? '') ? 2 : 1;
  const hasBehind = isDirection(words[end - 1]) && isSuffix(words[end - 2]) && end - 2 > name;
  const last = hasBehind ? end - 2 : end - 1;
  const suffix = last > name && isSuffix(words[last]) ? last : undefined;
  const nameEnd = suffix ?? end;
  const next = words[name + 1];
  // West End, North Shore and South Park are names.
  const hasBefore = nameEnd - name >= 2 && isDirection(words[name]) && !isDirection(next) && !isSuffix(next) && lowerText(next!) !== 'end';
  return {
    ...(suffix === undefined ? {} : { suffix }),
    ...(hasBefore ? { before: name } : {}),
    ...(hasBehind ? { behind: end - 1 } : {}),
  };
}

function abbreviated(word: string, words: ReadonlyMap<string, string>): string {
  const abbreviation = words.get(lowerText(word))!;
  return written(word, abbreviation, lowerText(word) === lowerText(abbreviation));
}

/** An abbreviation in the letters of the word it stands for: capitals for capitals, else only a first capital. */
function written(word: string, abbreviation: string, same: boolean): string {
  if (same) return word;
  return /^.[A-Z]/.test(word) ? abbreviation : abbreviation[0]! + lowerText(abbreviation.slice(1));
}
