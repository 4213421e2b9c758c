import fc from 'fast-check';
import { memberName } from './member-name.js';

test.each([
  ['../../etc/passwd', '../../etc/passwd'],
  ['/abs/../a.csv', '/abs/../a.csv'],
  ['C:\\data\\a.csv', 'C:\\data\\a.csv'],
  ['a\0b\r\n\u001b[31m.csv', 'ab[31m.csv'],
  ['\u202evsc.exe', 'vsc.exe'],
  ['Zoë-März.csv', 'Zoë-März.csv'],
  ['x'.repeat(300), 'x'.repeat(255)],
  ['😀'.repeat(300), '😀'.repeat(255)],
])('a name is data: %j is shown as %j', (received, shown) => {
  expect(memberName(received)).toBe(shown);
});

test('any name becomes well-formed text of at most 255 characters without control characters', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 600 }), (received) => {
      const name = memberName(received);
      return [...name].length <= 255 && !/[\p{Cc}\p{Cs}]/u.test(name) && memberName(name) === name;
    }),
  );
  expect(memberName('a\ud800b')).toBe('a\ufffdb');
});
