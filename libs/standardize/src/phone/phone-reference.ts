import { finding, type Reading } from '@attune/core';
import type { PhoneOptions } from './phone-options.js';

const NUMBER = /^(\+?)([(\d](?:[-\d ()./]*\d)?)(?:[ ,;]*(?:x|ext|extension|#)([ .:=]*)(\d{1,7}))?$/i;
const NORTH_AMERICAN = /^1?([2-9](?!11)\d\d[2-9]\d{6})$/;
const FOREIGN = /^[2-9]\d{7,14}$/;

export function readPhone(value: string, options: PhoneOptions): Reading {
  const match = NUMBER.exec(value);
  if (!match) return finding('phone.invalid');
  const [, plus, written = '', , extension] = match;
  const digits = written.replace(/\D/g, '');
  const national = NORTH_AMERICAN.exec(digits);
  const isNational = national !== null && (plus === '' || digits.length === 11);
  const isForeign = plus === '+' && FOREIGN.test(digits) && !written.includes('(0');
  if (!isNational && !isForeign) return finding('phone.invalid');
  if (extension !== undefined && options.extension === 'refused') return finding('phone.extension');
  const kept = extension !== undefined && options.extension === 'kept' ? `;ext=${extension}` : '';
  return { value: `${isNational ? `+1${national[1]}` : `+${digits}`}${kept}` };
}
