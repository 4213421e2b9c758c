import fc from 'fast-check';
import { hashApiKey, isApiKey, keyStart, newApiKey } from './api-key.js';

const CHARACTERS = [...'0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'];

test('a new key is a key, and no two are the same', () => {
  const keys = Array.from({ length: 1_000 }, newApiKey);
  expect(keys.every(isApiKey)).toBe(true);
  expect(new Set(keys).size).toBe(1_000);
});

test('every typo of one character is refused without a look-up', () => {
  fc.assert(
    fc.property(fc.constant(undefined).map(newApiKey), fc.nat({ max: 35 }), fc.constantFrom(...CHARACTERS), (key, place, character) => {
      const at = 'att_live_'.length + place;
      fc.pre(key[at] !== character);
      return !isApiKey(key.slice(0, at) + character + key.slice(at + 1));
    }),
    { numRuns: 5_000 },
  );
});

test.each([
  '',
  'att_live_',
  'sk_live_',
  'att_live_' + 'a'.repeat(36),
  'att_live_' + 'a'.repeat(1_000),
  `${newApiKey()} `,
  ` ${newApiKey()}`,
])('%j is no key', (text) => {
  expect(isApiKey(text)).toBe(false);
});

test('the same key has another hash under another pepper, and always the same under one', () => {
  const key = newApiKey();
  expect(hashApiKey(key, 'pepper one')).toEqual(hashApiKey(key, 'pepper one'));
  expect(hashApiKey(key, 'pepper one')).not.toEqual(hashApiKey(key, 'pepper two'));
  expect(hashApiKey(key, 'pepper one')).toHaveLength(32);
});

test('what lists show of a key is too little to guess it', () => {
  expect(keyStart(newApiKey())).toHaveLength(8);
});
