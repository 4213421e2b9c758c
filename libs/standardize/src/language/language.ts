import { finding } from '@attune/core';
import { defineStandardizer } from '../define-standardizer.js';
import { languageKernel } from './language-kernel.js';
import { LanguageOptions } from './language-options.js';
import { readLanguage } from './language-reference.js';

/**
 * Languages as tags of BCP 47 (RFC 5646, sections 2.1 and 4.5): a code of two letters (ISO 639-1) wherever there is one, else of three
 * (ISO 639-2, both lists, ISO 639-3), then script and region where they are given, each in its own case. English names are read as well.
 * Variants and extensions do not say which language a person speaks and are refused, and so are codes for private use.
 */
export const language = defineStandardizer({
  name: 'language',
  produces: 'text',
  description: 'A language, its tag of BCP 47: es, zh-Hant, yue.',
  options: LanguageOptions,
  findings: ['language.unknown', 'language.ambiguous'],
  examples: [
    ['en', 'en'],
    ['EN', 'en'],
    ['eng', 'en'],
    ['SPA', 'es'],
    ['ger', 'de'],
    ['deu', 'de'],
    ['cmn', 'cmn'],
    ['en_us', 'en-US'],
    ['zh-hant-tw', 'zh-Hant-TW'],
    ['es-419', 'es-419'],
    ['iw', 'he'],
    ['Spanish', 'es'],
    ['Spanish; Castilian', 'es'],
    ['CHINESE (MANDARIN)', 'cmn'],
    ['Haitian Creole', 'ht'],
    ['Farsi', 'fa'],
    ['American Sign Language', 'ase'],
    ['Unknown', 'und'],
    ['norwegian bokmål', 'nb'],
    ['Norwegian Bokma\u030al', 'nb'],
    ['jp', finding('language.unknown')],
    ['Creole', finding('language.unknown')],
    ['English/Spanish', finding('language.unknown')],
    ['en-UK', finding('language.unknown')],
    ['qaa', finding('language.unknown')],
    ['ｅｎ', finding('language.unknown')],
    ['e\u200fn', finding('language.unknown')],
    ['ASL', finding('language.ambiguous')],
    ['CAN', finding('language.ambiguous')],
  ],
  kernel: languageKernel,
  reference: readLanguage,
});
