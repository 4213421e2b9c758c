import { parsePhoneNumberFromString } from 'libphonenumber-js/max';
import { randomNumbers } from '../hostile-values.fixture.js';
import { phoneKernel } from './phone-kernel.js';
import { PhoneOptions } from './phone-options.js';

const kernel = phoneKernel(PhoneOptions.parse({}));

function standardized(text: string): string | undefined {
  const value = Buffer.from(text);
  const out = Buffer.alloc(2 * value.length + 64);
  const end = kernel(value, 0, value.length, out, 0);
  return end < 0 ? undefined : out.toString('utf8', 0, end);
}

const SHAPES = [
  '(aaa) bbb-cccc',
  'aaa-bbb-cccc',
  'aaa.bbb.cccc',
  'aaabbbcccc',
  '1aaabbbcccc',
  '+1 aaa bbb cccc',
  '1-aaa-bbb-cccc',
  '(aaa)bbbcccc',
  '+1 (aaa) bbb-cccc',
  'aaa/bbb-cccc',
];

test('what the kernel accepts of 20,000 North American numbers, libphonenumber reads as the same E.164', () => {
  const random = randomNumbers(20);
  const digits = (count: number) => String(random(10 ** count)).padStart(count, '0');
  let accepted = 0;
  const misread: string[] = [];
  const refusedButValid: string[] = [];
  for (let i = 0; i < 20_000; i++) {
    const shape = SHAPES[i % SHAPES.length]!;
    const text = shape.replace('aaa', digits(3)).replace('bbb', digits(3)).replace('cccc', digits(4));
    const ours = standardized(text);
    const theirs = parsePhoneNumberFromString(text, 'US');
    if (ours === undefined) {
      if (theirs?.isValid()) refusedButValid.push(text);
      continue;
    }
    accepted++;
    if (theirs?.number !== ours || !theirs.isPossible()) misread.push(`${text} ${ours} ${theirs?.number}`);
  }
  expect(misread).toEqual([]);
  // The numbering plan has no exchange that begins with 0 or 1; libphonenumber does not check it for toll-free and Dominican numbers.
  expect(refusedButValid.filter((text) => !/^1?8(00|09|29|49)[01]/.test(text.replace(/\D/g, '')))).toEqual([]);
  expect(refusedButValid.length).toBeLessThan(40);
  expect(accepted).toBeGreaterThan(10_000);
});

test('what libphonenumber calls valid abroad and reads without a trunk zero, the kernel reads the same', () => {
  const random = randomNumbers(44);
  const codes = ['44', '49', '33', '39', '52', '61', '81', '86', '91', '55', '972', '353'];
  const differing: string[] = [];
  let compared = 0;
  for (let i = 0; i < 20_000; i++) {
    const text = `+${codes[random(codes.length)]} ${String(1 + random(9))}${String(random(10 ** (7 + random(3))))}`;
    const theirs = parsePhoneNumberFromString(text);
    if (!theirs?.isValid()) continue;
    compared++;
    if (theirs.number !== standardized(text)) differing.push(`${text} ${theirs.number}`);
  }
  expect(compared).toBeGreaterThan(1_000);
  expect(differing).toEqual([]);
});
