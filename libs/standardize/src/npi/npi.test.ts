import fc from 'fast-check';
import { npi } from './npi.js';

const kernel = npi.kernel({});
const out = Buffer.alloc(128);
const accepts = (text: string): boolean => kernel(Buffer.from(text), 0, text.length, out, 0) > 0;

const payload = fc.integer({ min: 1, max: 999_999_999 }).map((number) => String(number).padStart(9, '0'));
const checked = payload.map((digits) => [...'0123456789'].map((digit) => digits + digit).filter(accepts));

test('nine digits have exactly one check digit', () => {
  fc.assert(fc.property(checked, (numbers) => numbers.length === 1));
});

test('one wrong digit is always found, and two neighbours that changed places are found but for 0 and 9', () => {
  fc.assert(
    fc.property(checked, fc.nat(9), fc.integer({ min: 1, max: 9 }), ([number], at, shift) => {
      const digits = [...number!].map(Number);
      const changed = digits.map((digit, i) => (i === at ? (digit + shift) % 10 : digit)).join('');
      expect(accepts(changed)).toBe(false);
      const [a, b] = [digits[at]!, digits[at + 1]!];
      if (at === 9 || a === b || Math.abs(a - b) === 9) return;
      expect(accepts(digits.map((digit, i) => (i === at ? b : i === at + 1 ? a : digit)).join(''))).toBe(false);
    }),
  );
});
