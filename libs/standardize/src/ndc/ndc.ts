import { z } from 'zod';
import { finding, type Kernel, type Reading } from '@attune/core';
import { MINUS, ZERO, copyBytes, digitsEnd } from '../ascii/bytes.js';
import { defineStandardizer } from '../define-standardizer.js';

const INVALID = -1;
const AMBIGUOUS = -2;
const LABELER = 5;
const PRODUCT = 4;
const PACKAGE = 2;
const DIGITS = LABELER + PRODUCT + PACKAGE;

const ndcKernel: Kernel = (buf, start, end, out, at) => {
  const firstEnd = digitsEnd(buf, start, end);
  if (isEmpty(buf, start, end)) return INVALID;
  if (firstEnd === end) {
    if (end - start === DIGITS - 1) return AMBIGUOUS;
    return end - start === DIGITS ? copyBytes(buf, start, end, out, at) : INVALID;
  }
  const second = firstEnd + 1;
  const secondEnd = digitsEnd(buf, second, end);
  const third = secondEnd + 1;
  if (buf[firstEnd] !== MINUS || third >= end || buf[secondEnd] !== MINUS || digitsEnd(buf, third, end) !== end) return INVALID;
  const ofLabeler = LABELER - (firstEnd - start);
  const ofProduct = PRODUCT - (secondEnd - second);
  const ofPackage = PACKAGE - (end - third);
  if (ofLabeler < 0 || ofProduct < 0 || ofPackage < 0 || ofLabeler + ofProduct + ofPackage > 1) return INVALID;
  const labelerStop = copyPadded(buf, start, firstEnd, out, at, ofLabeler);
  const productStop = copyPadded(buf, second, secondEnd, out, labelerStop, ofProduct);
  return copyPadded(buf, third, end, out, productStop, ofPackage);
};

/** Whether all digits are zero. */
function isEmpty(buf: Uint8Array, i: number, end: number): boolean {
  while (i < end && (buf[i] === ZERO || buf[i] === MINUS)) i++;
  return i === end;
}

function copyPadded(buf: Uint8Array, i: number, end: number, out: Uint8Array, at: number, zeros: number): number {
  if (zeros > 0) out[at++] = ZERO;
  return copyBytes(buf, i, end, out, at);
}

function readNdc(value: string): Reading {
  if (/^[0-]+$/.test(value)) return finding('ndc.invalid');
  if (/^\d{10}$/.test(value)) return finding('ndc.ambiguous');
  if (/^\d{11}$/.test(value)) return { value };
  const parts = /^(?:\d{5}-\d{4}-\d{2}|\d{4}-\d{4}-\d{2}|\d{5}-\d{3}-\d{2}|\d{5}-\d{4}-\d)$/.test(value) ? value.split('-') : undefined;
  if (!parts) return finding('ndc.invalid');
  return { value: [parts[0]!.padStart(LABELER, '0'), parts[1]!.padStart(PRODUCT, '0'), parts[2]!.padStart(PACKAGE, '0')].join('') };
}

/**
 * National drug codes as billing writes them: eleven digits, five of the labeler, four of the product, two of the package (HIPAA, 45 CFR
 * 162.1002). Labels write ten digits, and the hyphens say which part lacks the zero (4-4-2, 5-3-2, 5-4-1; 21 CFR 207.33); ten digits
 * without hyphens could be any of three drugs and are refused.
 */
export const ndc = defineStandardizer({
  name: 'ndc',
  produces: 'text',
  description: 'A national drug code, eleven digits without hyphens.',
  options: z.strictObject({}),
  findings: ['ndc.invalid', 'ndc.ambiguous'],
  examples: [
    ['00071015523', '00071015523'],
    ['00071-0155-23', '00071015523'],
    ['0071-0155-23', '00071015523'],
    ['50242-040-62', '50242004062'],
    ['60575-4112-1', '60575411201'],
    ['0071015523', finding('ndc.ambiguous')],
    ['00000000000', finding('ndc.invalid')],
    ['0071-155-23', finding('ndc.invalid')],
    ['00071-0155', finding('ndc.invalid')],
    ['000071-0155-23', finding('ndc.invalid')],
    ['71015523', finding('ndc.invalid')],
    ['0071 0155 23', finding('ndc.invalid')],
  ],
  kernel: () => ndcKernel,
  reference: readNdc,
});
