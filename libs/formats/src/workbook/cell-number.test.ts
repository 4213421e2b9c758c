import { Buffer } from 'node:buffer';
import fc from 'fast-check';
import { isPlainNumber, numberText } from './cell-number.js';

test.each([
  ['45.300000000000004', '45.3'],
  ['0.30000000000000004', '0.3'],
  ['-0.1', '-0.1'],
  ['5.0', '5'],
  ['1001.00', '1001'],
  ['1.50', '1.5'],
  ['1.234567891E9', '1234567891'],
  ['1E+3', '1000'],
  ['1.5e-3', '0.0015'],
  ['99999999999999.99', '100000000000000'],
  ['12345678901234567', '12345678901234567'],
  ['12345678901234567890', '12345678901234567890'],
  ['1234567890123456.7', '1234567890123456.7'],
  ['999999999999999.9', '1000000000000000'],
  ['0.00000012345678901234568', '0.000000123456789012346'],
  ['1.2345678901234568E+19', '1.2345678901234568E+19'],
  ['1E+300', '1E+300'],
  ['1E-300', '1E-300'],
  ['007', '7'],
  ['-0', '0'],
  ['0.000', '0'],
  ['+3', '3'],
  ['.5', '0.5'],
  ['5.', '5'],
  ['abc', 'abc'],
  ['1,5', '1,5'],
  ['--1', '--1'],
  ['.', '.'],
])('%s is the number %s', (written, text) => {
  expect(numberText(written)).toBe(text);
});

test('no number of 15 digits changes, whatever the double that stands for it is written like', () => {
  fc.assert(
    fc.property(fc.bigInt({ min: 1n, max: 10n ** 15n - 1n }), fc.integer({ min: 0, max: 18 }), fc.boolean(), (digits, scale, minus) => {
      const exact = Number(`${minus ? '-' : ''}${digits}e-${scale}`);
      // Excel writes 17 digits, other programs the shortest text.
      for (const written of [String(exact), exact.toPrecision(17), exact.toExponential(16)]) {
        if (Number(numberText(written)) !== Number(exact.toPrecision(15))) return false;
      }
      return true;
    }),
  );
});

test('what may be copied byte by byte is what would not change', () => {
  const number = fc.stringMatching(/^-?\d{0,17}\.?\d{0,4}(?:E\d)?$/);
  fc.assert(
    fc.property(number, (written) => {
      const bytes = Buffer.from(written);
      if (!isPlainNumber(bytes, 0, bytes.length)) return true;
      return Number(numberText(written)) === Number(written) && /^-?\d+(\.\d*[1-9])?$/.test(written);
    }),
  );
  expect(isPlainNumber(Buffer.from('12.5'), 0, 4)).toBe(true);
});
