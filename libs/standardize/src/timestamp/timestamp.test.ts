import fc from 'fast-check';
import { TimestampOptions } from '../date/date-options.js';
import { timestamp } from './timestamp.js';

const out = Buffer.alloc(256);

function read(text: string, order: 'mdy' | 'dmy' | 'ymd' = 'mdy'): string {
  const value = Buffer.from(text);
  const end = timestamp.kernel(TimestampOptions.parse({ order }))(value, 0, value.length, out, 0);
  return end < 0 ? timestamp.findings[-1 - end]! : out.toString('utf8', 0, end);
}

const two = (number: number): string => String(number).padStart(2, '0');

test('every minute of a day is the same in 24 hours, in 12 hours and in HL7 v2', () => {
  for (let minute = 0; minute < 1440; minute++) {
    const hour = Math.trunc(minute / 60);
    const clock = `${two(hour)}:${two(minute % 60)}`;
    const half = `${((hour + 11) % 12) + 1}:${two(minute % 60)} ${hour < 12 ? 'AM' : 'PM'}`;
    const readings = [`2024-02-29 ${clock}`, `2/29/2024 ${half}`, `20240229${clock.replace(':', '')}`].map((text) => read(text));
    expect(readings).toEqual(Array.from({ length: 3 }, () => `2024-02-29T${clock}`));
  }
});

test('nothing is made more exact or less exact than it was written', () => {
  const exact = [
    '2024',
    '2024-02',
    '2024-02-29',
    '2024-02-29T10:05',
    '2024-02-29T10:05:06',
    '2024-02-29T10:05:06.5',
    '2024-02-29T10:05:06.500Z',
  ];
  expect(exact.map((text) => read(text))).toEqual(exact);
});

test('an offset is written one way, and the hour it belongs to is not moved', () => {
  expect(['+02', '+0200', '+02:00', ' +02:00'].map((offset) => read(`2024-02-29T10:05:06${offset}`))).toEqual(
    Array.from({ length: 4 }, () => '2024-02-29T10:05:06+02:00'),
  );
  expect(read('20240229100506-0930')).toBe('2024-02-29T10:05:06-09:30');
});

test('the day and the month are never swapped, with a time as without', () => {
  expect(read('31/01/2024 10:05', 'mdy')).toBe('timestamp.invalid');
  expect(read('31/01/2024 10:05', 'dmy')).toBe('2024-01-31T10:05');
});

test('numbers of 12 or 14 digits that show no time are refused', () => {
  fc.assert(
    fc.property(fc.constantFrom(12, 14), fc.integer({ min: 60, max: 99 }), (digits, minute) => {
      expect(read(`2024022910${minute}${digits === 14 ? '00' : ''}`)).toBe('timestamp.invalid');
    }),
  );
  expect([read('202402301000'), read('202402291'), read('2024022910050'), read('20240229100560'), read('000101010000')]).toEqual([
    'timestamp.invalid',
    'timestamp.invalid',
    'timestamp.invalid',
    'timestamp.invalid',
    'date.sentinel',
  ]);
});
