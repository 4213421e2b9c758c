import { DECEPTIVE, isDeceptive } from './deceptive.js';

test('kernels and references call the same code points deceptive', () => {
  for (const [code, it] of codePoints()) if (isDeceptive(code) !== DECEPTIVE.test(it)) throw new Error(code.toString(16));
});

/** Every code point that a valid text may hold, but for ASCII. */
function* codePoints(): Generator<[code: number, character: string]> {
  for (let code = 0x80; code <= 0x10ffff; code++) if (code < 0xd800 || code > 0xdfff) yield [code, String.fromCodePoint(code)];
}

test('what nobody can see is deceptive', () => {
  for (const [code, it] of codePoints())
    if (!isDeceptive(code) && /[\p{Z}\p{Cc}\p{Default_Ignorable_Code_Point}]/u.test(it)) throw new Error(code.toString(16));
});

test('a letter of Latin, Greek, Cyrillic or Kana that is taken apart into letter and accent is deceptive', () => {
  let apart = 0;
  for (const [code, it] of codePoints()) {
    if (code > 0xffff) break;
    const parts = [...it.normalize('NFD')];
    if (parts.length === 1 || !/[\p{sc=Latn}\p{sc=Grek}\p{sc=Cyrl}\p{sc=Kana}\p{sc=Hira}]/u.test(it)) continue;
    apart++;
    if (!parts.some((part) => isDeceptive(part.codePointAt(0)!))) throw new Error(code.toString(16));
  }
  expect(apart).toBeGreaterThan(800);
});
