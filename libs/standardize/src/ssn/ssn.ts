import { z } from 'zod';
import { finding, type Kernel, type Reading } from '@attune/core';
import { MINUS, copyBytes, digitsEnd, numberOf } from '../ascii/bytes.js';
import { defineStandardizer } from '../define-standardizer.js';

const INVALID = -1;
/** Printed on wallet cards and pamphlets, or the classic example: many people have written them down, they belong to none. */
const SPECIMENS: readonly number[] = [78051120, 219099999, 123456789];
/** 987-65-4320 to 987-65-4329 are set aside for advertisements. */
const ADVERTISED = 98765432;

const ssnKernel: Kernel = (buf, start, end, out, at) => {
  const hyphens = end - start === 11 && buf[start + 3] === MINUS && buf[start + 6] === MINUS ? 1 : 0;
  if (end - start !== 9 + 2 * hyphens) return INVALID;
  const group = start + 3 + hyphens;
  const serial = group + 2 + hyphens;
  if (digitsEnd(buf, start, end) < start + 3 || digitsEnd(buf, group, end) < group + 2 || digitsEnd(buf, serial, end) !== end)
    return INVALID;
  const areaNumber = numberOf(buf, start, start + 3);
  const groupNumber = numberOf(buf, group, group + 2);
  const serialNumber = numberOf(buf, serial, end);
  if (areaNumber === 0 || areaNumber === 666 || groupNumber === 0 || serialNumber === 0) return INVALID;
  const number = areaNumber * 1000000 + groupNumber * 10000 + serialNumber;
  if (number % 111111111 === 0 || SPECIMENS.includes(number) || Math.floor(number / 10) === ADVERTISED) return INVALID;
  let stop = copyBytes(buf, start, start + 3, out, at);
  out[stop++] = MINUS;
  stop = copyBytes(buf, group, group + 2, out, stop);
  out[stop++] = MINUS;
  return copyBytes(buf, serial, end, out, stop);
};

function readSsn(value: string): Reading {
  const [, area, group, serial] = /^(?!000|666)(\d{3})(?:-(?=\d\d-)|(?=\d{6}$))(?!00)(\d\d)-?(?!0000)(\d{4})$/.exec(value) ?? [];
  const ssn = `${area}-${group}-${serial}`;
  const placeholder =
    /^(.)\1\1-\1\1-\1{4}$/.test(ssn) || ['078-05-1120', '219-09-9999', '123-45-6789'].includes(ssn) || /^987-65-432/.test(ssn);
  return area === undefined || placeholder ? finding('ssn.invalid') : { value: ssn };
}

/**
 * Social security numbers by the rules of the Social Security Administration: no area 000 or 666, no group 00, no serial 0000.
 * Areas from 900 are taken, because taxpayer numbers and synthetic people have them. Nine equal digits are refused: as a
 * placeholder they would link strangers with each other.
 */
export const ssn = defineStandardizer({
  name: 'ssn',
  produces: 'text',
  description: 'A social security number, digits with hyphens.',
  options: z.strictObject({}),
  findings: ['ssn.invalid'],
  examples: [
    ['536221234', '536-22-1234'],
    ['536-22-1234', '536-22-1234'],
    ['999-34-2231', '999-34-2231'],
    ['000-22-1234', finding('ssn.invalid')],
    ['666-22-1234', finding('ssn.invalid')],
    ['536-00-1234', finding('ssn.invalid')],
    ['536-22-0000', finding('ssn.invalid')],
    ['078-05-1120', finding('ssn.invalid')],
    ['987-65-4321', finding('ssn.invalid')],
    ['999999999', finding('ssn.invalid')],
    ['536-221234', finding('ssn.invalid')],
    ['XXX-XX-1234', finding('ssn.invalid')],
    ['1234', finding('ssn.invalid')],
  ],
  kernel: () => ssnKernel,
  reference: readSsn,
});
