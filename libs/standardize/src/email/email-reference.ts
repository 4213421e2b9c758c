import { finding, type Reading } from '@attune/core';
import { lowerText } from '../ascii/bytes.js';
import { DECEPTIVE } from '../folding/deceptive.js';

const ATEXT = "[-!#$%&'*+/=?^_`{|}~0-9a-z\\u{80}-\\u{10ffff}]";
const LOCAL_PART = new RegExp(`^${ATEXT}+(?:\\.${ATEXT}+)*$`, 'u');
const LABEL = /^(?!-)[-0-9a-z\u{80}-\u{10ffff}]+(?<!-)$/u;
const TOP_LEVEL = /^(?:[a-z\u{80}-\u{10ffff}]{2,}|xn--.+)$/u;

export function readEmail(value: string): Reading {
  const address = lowerText(value);
  const [local = '', domain = '', ...more] = address.split('@');
  const labels = domain.split('.');
  const accepted =
    more.length === 0 &&
    !DECEPTIVE.test(address) &&
    bytes(address) <= 254 &&
    bytes(local) <= 64 &&
    LOCAL_PART.test(local) &&
    labels.length >= 2 &&
    labels.every((label) => LABEL.test(label) && bytes(label) <= 63) &&
    TOP_LEVEL.test(labels.at(-1) ?? '');
  return accepted ? { value: address } : finding('email.invalid');
}

function bytes(text: string): number {
  return new TextEncoder().encode(text).length;
}
