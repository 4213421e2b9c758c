import type { Request } from 'express';
import { ifMatch, isKnown, requireIfMatch } from './conditions.js';

const request = (headers: Record<string, string>): Request =>
  ({ header: (name: string) => headers[name.toLowerCase()] }) as unknown as Request;

test('If-Match permits the tags it names, none that is weak, and with a star any', () => {
  const permits = ifMatch(request({ 'if-match': '"7", W/"8" ,"a,b"' }))!;
  expect(['7', 7, 'a,b', '8', '70', ''].map((tag) => permits(tag))).toEqual([true, true, true, false, false, false]);
  expect(ifMatch(request({ 'if-match': '*' }))!('anything')).toBe(true);
  expect(ifMatch(request({ 'if-match': 'nonsense' }))!('nonsense')).toBe(false);
  expect(ifMatch(request({}))).toBeUndefined();
});

test('a change without If-Match is refused where one is required', () => {
  expect(() => requireIfMatch(request({}))).toThrow(/^precondition_required/);
  expect(requireIfMatch(request({ 'if-match': '"1"' }))(1)).toBe(true);
});

test('If-None-Match knows the tags it names, weak ones too', () => {
  for (const header of ['"7"', 'W/"7"', '"1", "7"', '*']) expect(isKnown(request({ 'if-none-match': header }), '7')).toBe(true);
  for (const header of ['"8"', '7', '']) expect(isKnown(request({ 'if-none-match': header }), '7')).toBe(false);
  expect(isKnown(request({}), '7')).toBe(false);
});
