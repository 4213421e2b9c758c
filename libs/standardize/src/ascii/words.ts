import type { FindingCode, Kernel, Reading } from '@attune/core';
import { finding } from '@attune/core';
import { lowerText } from './bytes.js';
import { Dictionary } from './dictionary.js';

/** Canonical text and every spelling that is read as it, in small letters. */
export type Words = readonly (readonly [canonical: string, ...spellings: string[]])[];

/** A closed list of words for each choice of an option: what a kernel and its reference need. */
export interface WordReader<Choice extends string> {
  readonly kernel: (choice: Choice) => Kernel;
  readonly reference: (value: string, choice: Choice) => Reading;
}

/**
 * Reads words whatever the case of A to Z; characters of `ignored` count for nothing. Of two
 * meanings of one spelling the one that comes first holds; a canonical text is its own spelling where no other has it. What is not in the list is the finding, the only one.
 */
export function readWords<Choice extends string>(
  lists: Readonly<Record<Choice, Words>>,
  unknown: FindingCode,
  ignored: string,
): WordReader<Choice> {
  const bare = (text: string): string => [...lowerText(text)].filter((letter) => !ignored.includes(letter)).join('');
  const spellingsOf = (choice: Choice): Map<string, string> => {
    const spellings = new Map<string, string>();
    const add = (word: string, canonical: string): void => {
      if (!spellings.has(bare(word))) spellings.set(bare(word), canonical);
    };
    for (const [canonical, ...words] of lists[choice]) for (const word of words) add(word, canonical);
    for (const [canonical] of lists[choice]) add(canonical, canonical);
    return spellings;
  };
  const known = Object.fromEntries(Object.keys(lists).map((choice) => [choice, spellingsOf(choice as Choice)])) as Record<
    Choice,
    Map<string, string>
  >;
  const dictionaries = new Map<Choice, Dictionary>();
  return {
    kernel: (choice) => {
      // Made once, when it is first asked for: every inspection asks for a kernel of each list.
      const words = dictionaries.get(choice) ?? new Dictionary(known[choice], ignored);
      dictionaries.set(choice, words);
      return (buf, start, end, out, at) => words.write(buf, start, end, out, at);
    },
    reference: (value, choice) => {
      const canonical = known[choice].get(bare(value));
      return canonical === undefined ? finding(unknown) : { value: canonical };
    },
  };
}
