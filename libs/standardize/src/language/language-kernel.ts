import type { Kernel } from '@attune/core';
import { MINUS } from '../ascii/bytes.js';
import { Dictionary } from '../ascii/dictionary.js';
import { COUNTRIES } from '../country/countries.data.js';
import { SCRIPTS, WORLD_REGIONS } from './language-codes.data.js';
import type { LanguageOptions } from './language-options.js';
import { IGNORED, languageSpellings } from './language-spellings.js';
import { AMBIGUOUS_SUBTAG, NO_SUBTAG, packLetters, subtagTable, writeLetters } from './subtag-table.js';

const UNKNOWN = -1;
const AMBIGUOUS = -2;
const NO_TAG = -1;
const UNDERSCORE = 0x5f;

const split = (text: string): readonly string[] => text.trim().split(/\s+/);
const scripts = new Dictionary(split(SCRIPTS).map((script) => [script.toLowerCase(), script] as const));
const regions = new Dictionary(
  [...COUNTRIES.map(([alpha2]) => alpha2), ...split(WORLD_REGIONS)].map((region) => [region.toLowerCase(), region] as const),
);

/** What may follow the language in a tag, in this order. */
const parts = [scripts, regions];

interface Tables {
  readonly subtags: Uint16Array;
  readonly names: Dictionary;
}

/** Made when the first kernel is, and then shared: nothing ever changes them. */
const tables = new Map<LanguageOptions['codes'], Tables>();

function tablesOf(options: LanguageOptions): Tables {
  const known = tables.get(options.codes) ?? {
    subtags: subtagTable(options.codes),
    names: new Dictionary(languageSpellings(options), IGNORED),
  };
  tables.set(options.codes, known);
  return known;
}

export function languageKernel(options: LanguageOptions): Kernel {
  const { subtags, names } = tablesOf(options);
  return (buf, start, end, out, at) => {
    const primaryEnd = subtagEnd(buf, start, end);
    const subtag = subtags[packLetters(buf, start, primaryEnd)]!;
    if (subtag === AMBIGUOUS_SUBTAG) return AMBIGUOUS;
    if (subtag !== NO_SUBTAG) {
      const stop = writeRest(buf, primaryEnd, end, out, writeLetters(subtag, out, at));
      if (stop !== NO_TAG) return stop;
    }
    const stop = names.write(buf, start, end, out, at);
    return stop < 0 ? UNKNOWN : stop;
  };
}

/** Writes script and region, each with its hyphen and in its own case, and returns the new end; `NO_TAG` where there is something else. */
function writeRest(buf: Uint8Array, i: number, end: number, out: Uint8Array, at: number): number {
  for (let part = 0; part < parts.length && i < end; part++) {
    const next = subtagEnd(buf, i + 1, end);
    const stop = parts[part]!.write(buf, i + 1, next, out, at + 1);
    if (stop < 0) continue;
    out[at] = MINUS;
    at = stop;
    i = next;
  }
  return i === end ? at : NO_TAG;
}

/** The first hyphen or underscore in [i, end), or `end`. */
function subtagEnd(buf: Uint8Array, i: number, end: number): number {
  while (i < end && buf[i] !== MINUS && buf[i] !== UNDERSCORE) i++;
  return i;
}
