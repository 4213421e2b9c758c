import { CASE_TABLE_SIZE, lowerOf, upperOf } from './case-table.js';

test('every case of the table is the simple case of Unicode', () => {
  let changed = 0;
  for (let code = 0; code < CASE_TABLE_SIZE; code++) {
    const letter = String.fromCodePoint(code);
    if (upperOf(code) !== code) expect(String.fromCodePoint(upperOf(code))).toBe(letter.toUpperCase());
    if (lowerOf(code) !== code && code !== 0x130) expect(String.fromCodePoint(lowerOf(code))).toBe(letter.toLowerCase());
    if (upperOf(code) !== code || lowerOf(code) !== code) changed++;
  }
  expect(changed).toBeGreaterThan(900);
});

test('no letter needs more bytes in its other case, so that names can be written in place', () => {
  for (let code = 0; code < CASE_TABLE_SIZE; code++) {
    const bytes = (of: number) => Buffer.byteLength(String.fromCodePoint(of));
    expect(bytes(lowerOf(code))).toBeLessThanOrEqual(bytes(code));
    expect(bytes(upperOf(code))).toBeLessThanOrEqual(bytes(code));
  }
});

test('all letters of the alphabets in the table have their case', () => {
  for (const letter of 'AZÀÖØÞŸĀŐŁŽƠƯȘȚΆΩΣАЯЁҐẠỹ') {
    const other = letter === letter.toUpperCase() ? letter.toLowerCase() : letter.toUpperCase();
    const code = letter.codePointAt(0)!;
    expect([upperOf(code), lowerOf(code)]).toContain(other.codePointAt(0));
  }
});
