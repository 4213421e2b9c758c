import { finding, type Reading } from '@attune/core';
import { MOST_CENT_DIGITS, type MoneyOptions } from './money-options.js';

const AMOUNT = /^([^\d.]*)(\d+|\d{1,3}(?:,\d{3})+|(?=\.\d))(?:\.(\d*))?([^\d.,][^\d]*)?$/;

export function readMoney(value: string, { unit }: MoneyOptions): Reading {
  const match = AMOUNT.exec(value);
  if (!match) return finding('money.invalid');
  const [, before = '', whole = '', decimals = '', after = ''] = match;
  if (!/^(?:[-+($ ]|usd)*$/i.test(before) || !/^(?:[-) ]|usd)*$/i.test(after)) return finding('money.invalid');
  const signs = before + after;
  const negative = /[-(]/.test(signs);
  const once = [/[-+(]/g, /\)/g, /\$/g, /usd/gi].every((sign) => [...signs.matchAll(sign)].length <= 1);
  if (!once || signs.includes('(') !== signs.includes(')')) return finding('money.invalid');
  const kept = unit === 'cents' ? 0 : 2;
  if (/[1-9]/.test(decimals.slice(kept))) return finding(unit === 'cents' ? 'money.invalid' : 'money.third_decimal');
  const cents = BigInt(whole.replace(/,/g, '') + decimals.slice(0, kept).padEnd(kept, '0'));
  if (String(cents).length > MOST_CENT_DIGITS) return finding('money.invalid');
  return { value: String(negative ? -cents : cents) };
}
