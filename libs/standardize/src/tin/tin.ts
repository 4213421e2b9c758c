import { z } from 'zod';
import { finding, type Kernel, type Reading } from '@attune/core';
import { MINUS, copyBytes, digitsEnd, numberOf } from '../ascii/bytes.js';
import { defineStandardizer } from '../define-standardizer.js';
import { EIN_PREFIXES } from './ein-prefixes.data.js';

const INVALID = -1;
const UNASSIGNED = -2;
const DIGITS = 9;
/** The sample number of every form, and two that were printed on cards and pamphlets. */
const SPECIMENS: readonly number[] = [123456789, 78051120, 219099999];

const isEinPrefix = new Uint8Array(100);
for (const prefix of EIN_PREFIXES.trim().split(/\s+/)) isEinPrefix[Number(prefix)] = 1;

const tinKernel: Kernel = (buf, start, end, out, at) => {
  const asCompany = end - start === DIGITS + 1 && buf[start + 2] === MINUS;
  const asPerson = end - start === DIGITS + 2 && buf[start + 3] === MINUS && buf[start + 6] === MINUS;
  let stop = at;
  if (asCompany) {
    stop = copyBytes(buf, start, start + 2, out, stop);
    stop = copyBytes(buf, start + 3, end, out, stop);
  } else if (asPerson) {
    stop = copyBytes(buf, start, start + 3, out, stop);
    stop = copyBytes(buf, start + 4, start + 6, out, stop);
    stop = copyBytes(buf, start + 7, end, out, stop);
  } else if (end - start === DIGITS) {
    stop = copyBytes(buf, start, end, out, stop);
  }
  if (stop - at !== DIGITS || digitsEnd(out, at, stop) !== stop) return INVALID;
  const number = numberOf(out, at, stop);
  if (number % 111111111 === 0 || SPECIMENS.includes(number)) return INVALID;
  const issued = (!asPerson && isEinPrefix[numberOf(out, at, at + 2)] === 1) || (!asCompany && isOfPerson(out, at));
  return issued ? stop : UNASSIGNED;
};

/** Whether the nine digits are such as people have: a social security number, or from 900 one of the ranges for those who have none. */
function isOfPerson(buf: Uint8Array, i: number): boolean {
  const area = numberOf(buf, i, i + 3);
  const group = numberOf(buf, i + 3, i + 5);
  if (area >= 900) return group >= 50 && group !== 66 && group !== 67 && group !== 68 && group !== 69 && group !== 89;
  return area !== 0 && area !== 666 && group !== 0 && numberOf(buf, i + 5, i + DIGITS) !== 0;
}

const EIN = new RegExp(`^(?:${EIN_PREFIXES.trim().replace(/\s+/g, '|')})\\d{7}$`);
const SSN = /^(?!000|666|9)\d{3}(?!00)\d\d(?!0000)\d{4}$/;
/** Individual taxpayers 50 to 65, 70 to 88, 90 to 92 and 94 to 99; children to be adopted 93. */
const ITIN = /^9\d\d(?:5\d|6[0-5]|7\d|8[0-8]|9\d)\d{4}$/;

function readTin(value: string): Reading {
  const digits = value.replaceAll('-', '');
  const specimen = /^(\d)\1{8}$/.test(digits) || ['123456789', '078051120', '219099999'].includes(digits);
  if (specimen || !/^(?:\d{9}|\d\d-\d{7}|\d{3}-\d\d-\d{4})$/.test(value)) return finding('tin.invalid');
  const kinds = value[2] === '-' ? [EIN] : value[3] === '-' ? [SSN, ITIN] : [EIN, SSN, ITIN];
  return kinds.some((kind) => kind.test(digits)) ? { value: digits } : finding('tin.unassigned');
}

/**
 * Taxpayer identification numbers (26 CFR 301.6109-1): nine digits of an employer (two digits, hyphen, seven), or of a person (social
 * security number, individual or adoption taxpayer number). Hyphens say which it is, and then its own prefixes and ranges have to hold; nine
 * digits alone have to hold those of any. The canonical form has no hyphens, because the same number comes with and without them.
 */
export const tin = defineStandardizer({
  name: 'tin',
  produces: 'text',
  description: 'A taxpayer identification number of an employer or a person, nine digits.',
  options: z.strictObject({}),
  findings: ['tin.invalid', 'tin.unassigned'],
  examples: [
    ['20-4299999', '204299999'],
    ['204299999', '204299999'],
    ['01-2345678', '012345678'],
    ['536-22-1234', '536221234'],
    ['912-70-1234', '912701234'],
    ['912-93-1234', '912931234'],
    ['078123456', '078123456'],
    ['07-8123456', finding('tin.unassigned')],
    ['912-66-1234', finding('tin.unassigned')],
    ['666-22-1234', finding('tin.unassigned')],
    ['000123456', finding('tin.unassigned')],
    ['12-3456789', finding('tin.invalid')],
    ['999999999', finding('tin.invalid')],
    ['9994931888', finding('tin.invalid')],
    ['536-221234', finding('tin.invalid')],
    ['20 4299999', finding('tin.invalid')],
    ['２０4299999', finding('tin.invalid')],
    ['20\u20114299999', finding('tin.invalid')],
    ['20\u200f4299999', finding('tin.invalid')],
  ],
  kernel: () => tinKernel,
  reference: readTin,
});
