import { finding, type Reading } from '@attune/core';
import { lowerText } from '../ascii/bytes.js';
import { capital, small } from '../folding/case-reference.js';
import { foldedText } from '../folding/fold-reference.js';
import { FIXED_FORMS, PARTICLES } from './special-words.js';

/** Letters, digits and marks; everything else ends a part of a name. */
const OF_WORD = '[0-9A-Za-z\\u00c0-\\u00d6\\u00d8-\\u00f6\\u00f8-\\u1fff\\u2070-\\u2fff\\u3040-\\u{10ffff}]';
/** After one letter an apostrophe begins a new part (O'Neil), after several it does not (Ka'ahumanu). */
const PART = new RegExp(`${OF_WORD}(?:${OF_WORD}+(?:'+${OF_WORD}*)*)?`, 'gu');
const MC = /^mc'*/i;

const fixedForms = new Map(FIXED_FORMS);
const particles = new Set(PARTICLES);

export function readPersonName(value: string): Reading {
  const name = foldedText(value);
  if (name === '') return finding('text.invisible');
  const letters = [...name];
  const capitals = letters.some((letter) => small(letter) !== letter);
  const smalls = letters.some((letter) => small(letter) === letter && capital(letter) !== letter);
  if (capitals === smalls) return { value: name };
  const words = name.split(' ');
  return { value: foldedText(words.map((word, i) => readWord(word, i > 0 && i < words.length - 1)).join(' ')) };
}

function readWord(word: string, between: boolean): string {
  const core = word.replace(/[.,]+$/, '');
  const fixed = fixedForms.get(lowerText(core));
  if (fixed !== undefined) return fixed + word.slice(core.length);
  const lowered = lowerText(word);
  if (between && particles.has(lowered)) return lowered;
  return word.replace(PART, capitalised);
}

function capitalised(part: string): string {
  const afterMc = MC.exec(part)?.[0].length;
  return [...part]
    .map((letter, i) => (i === 0 || i === afterMc ? capital(letter) : small(letter)))
    .join('')
    .replace(/(?<=.)σ(?=$|')/gsu, 'ς');
}
