import { z } from 'zod';
import { finding, type Kernel, type Reading } from '@attune/core';
import { MINUS, ZERO, copyUpper, isDigit, isLetter, upper, upperText } from '../ascii/bytes.js';
import { defineStandardizer } from '../define-standardizer.js';

const MbiOptions = z.strictObject({ synthetic: z.enum(['refuse', 'accept']).default('refuse') });
type MbiOptions = z.infer<typeof MbiOptions>;

const INVALID = -1;
const LENGTH = 11;
/** The card groups the characters by four, three and four. */
const FIRST_HYPHEN = 4;
const SECOND_HYPHEN = 8;

/** What may stand at each place: C 1 to 9, N 0 to 9, A a letter, X a letter or digit. */
const PLACES = 'CAXNAXNAANN';
const MAY_BE_LETTER = [...PLACES].map((place) => place === 'A' || place === 'X');
const MAY_BE_DIGIT = [...PLACES].map((place) => place !== 'A');

/** 1 for the capitals that no number has, because they look like digits. */
const excluded = new Uint8Array(0x100);
for (const letter of 'SLOIBZ') excluded[letter.charCodeAt(0)] = 1;
const LETTER_S = 0x53;

function mbiKernel({ synthetic }: MbiOptions): Kernel {
  return (buf, start, end, out, at) => {
    const hyphens = end - start === LENGTH + 2 && buf[start + FIRST_HYPHEN] === MINUS && buf[start + SECOND_HYPHEN] === MINUS;
    if (!hyphens && end - start !== LENGTH) return INVALID;
    let i = start;
    for (let place = 0; place < LENGTH; place++, i++) {
      if (hyphens && (i === start + FIRST_HYPHEN || i === start + SECOND_HYPHEN)) i++;
      const byte = buf[i]!;
      const fits = isDigit(byte) ? MAY_BE_DIGIT[place]! && (place > 0 || byte !== ZERO) : MAY_BE_LETTER[place]! && isLetter(byte);
      const reserved = excluded[upper(byte)] === 1 && !(synthetic === 'accept' && place === 1 && upper(byte) === LETTER_S);
      if (!fits || reserved) return INVALID;
    }
    if (!hyphens) return copyUpper(buf, start, end, out, at);
    at = copyUpper(buf, start, start + FIRST_HYPHEN, out, at);
    at = copyUpper(buf, start + FIRST_HYPHEN + 1, start + SECOND_HYPHEN, out, at);
    return copyUpper(buf, start + SECOND_HYPHEN + 1, end, out, at);
  };
}

const LETTER = '[AC-HJKMNP-RT-Y]';
const EITHER = '[AC-HJKMNP-RT-Y0-9]';

function readMbi(value: string, { synthetic }: MbiOptions): Reading {
  const second = synthetic === 'accept' ? '[AC-HJKMNP-Y]' : LETTER;
  const groups = [`[1-9]${second}${EITHER}\\d`, `${LETTER}${EITHER}\\d`, `${LETTER}{2}\\d{2}`];
  const text = upperText(value);
  const known = new RegExp(`^(?:${groups.join('')}|${groups.join('-')})$`).test(text);
  return known ? { value: text.replaceAll('-', '') } : finding('mbi.invalid');
}

/**
 * Medicare beneficiary identifiers (CMS, Understanding the Medicare Beneficiary Identifier Format): eleven characters, each place with its
 * kind, no letter that looks like a digit (S, L, O, I, B, Z). The hyphens of the card are no part of the number. An S at the second place
 * marks the invented people of CMS: they are taken only where `synthetic` accepts them.
 */
export const mbi = defineStandardizer({
  name: 'mbi',
  produces: 'text',
  description: 'A Medicare beneficiary identifier, eleven characters without hyphens.',
  options: MbiOptions,
  findings: ['mbi.invalid'],
  examples: [
    ['1EG4TE5MK73', '1EG4TE5MK73'],
    ['1EG4-TE5-MK73', '1EG4TE5MK73'],
    ['1eg4-te5-mk73', '1EG4TE5MK73'],
    ['9AA0A00AA00', '9AA0A00AA00'],
    ['0EG4TE5MK73', finding('mbi.invalid')],
    ['1SG4TE5MK73', finding('mbi.invalid')],
    ['1EG4TE5MK7O', finding('mbi.invalid')],
    ['1EG4TE5-MK73', finding('mbi.invalid')],
    ['1EG4 TE5 MK73', finding('mbi.invalid')],
    ['1EG4TE5MK7', finding('mbi.invalid')],
    ['123456789A', finding('mbi.invalid')],
    ['１EG4TE5MK73', finding('mbi.invalid')],
    ['1EG4\u200eTE5MK73', finding('mbi.invalid')],
  ],
  kernel: mbiKernel,
  reference: readMbi,
});
