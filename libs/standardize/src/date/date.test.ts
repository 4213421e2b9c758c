import { dateKernel } from './date-kernel.js';
import { DateOptions } from './date-options.js';
import { readDate } from './date-reference.js';

const CODES = ['date.invalid', 'date.sentinel', 'date.ambiguous_century', 'date.incomplete'];
const out = Buffer.alloc(128);

const PLAIN = DateOptions.parse({});

function read(text: string, order: 'mdy' | 'dmy' | 'ymd' = 'mdy', options: Partial<DateOptions> = {}): string {
  const value = Buffer.from(text);
  const end = dateKernel({ ...PLAIN, order, ...options })(value, 0, value.length, out, 0);
  return end < 0 ? CODES[-1 - end]! : out.toString('utf8', 0, end);
}

test('each day of 1800 to 2200 and no other is a date, in kernel and reference', () => {
  const kernel = dateKernel(PLAIN);
  let days = 0;
  const differing: string[] = [];
  for (let year = 1799; year <= 2201; year++) {
    for (let month = 0; month <= 13; month++) {
      for (let day = 0; day <= 32; day++) {
        const text = `${year}-${String(month).padStart(2, '0')}-${String(day).padStart(2, '0')}`;
        const end = kernel(Buffer.from(text), 0, 10, out, 0);
        const reading = readDate(text, PLAIN);
        if ('value' in reading !== end > 0) differing.push(text);
        if (end > 0) days++;
      }
    }
  }
  expect(differing).toEqual([]);
  const daysInAll = (Date.UTC(2201, 0, 1) - Date.UTC(1800, 0, 1)) / 86_400_000;
  expect(days).toBe(daysInAll - 3); // 1800-01-01, 1899-12-30 and 1899-12-31 are placeholders.
});

test('a month above 12 is never swapped with the day', () => {
  expect(read('31/01/1987', 'mdy')).toBe('date.invalid');
  expect(read('01/31/1987', 'dmy')).toBe('date.invalid');
  expect(read('31/01/1987', 'dmy')).toBe('1987-01-31');
});

test('a year of two digits is never guessed, in no order and no notation', () => {
  expect([read('3/9/87'), read('9.3.87', 'dmy'), read('87/3/9', 'ymd'), read('9-Mar-87'), read('Mar 9, 87')]).toEqual(
    Array.from({ length: 5 }, () => 'date.ambiguous_century'),
  );
  expect([read('13/9/87'), read('2/30/87'), read('2/29/87')]).toEqual(['date.invalid', 'date.invalid', 'date.ambiguous_century']);
});

test.each([
  '24:00',
  '12:60',
  '12:05:60',
  '12:5',
  '12',
  '12:05:',
  '12:05:10.',
  '0:05 AM',
  '13:05 PM',
  '12:05 XM',
  '12:05+24',
  '12:05+5',
  '12:05Zx',
  'x',
  '12:05:59.1234567890',
])('a date with the impossible time %s is refused', (time) => {
  expect(read(`1987-03-09 ${time}`)).toBe('date.invalid');
  expect(readDate(`1987-03-09 ${time}`, PLAIN)).toEqual({ finding: 'date.invalid' });
});

test.each([
  '0:05',
  '23:59',
  '12:05:59',
  '12:05:59,123456789',
  '12:05 am',
  '12:05PM',
  '12:05Z',
  '12:05+02',
  '12:05-0230',
  '12:05 PM +02:30',
])('a date with the time %s stays the date', (time) => {
  expect(read(`1987-03-09 ${time}`)).toBe('1987-03-09');
  expect(read(`1987-03-09T${time}`)).toBe('1987-03-09');
});

test('what is a placeholder the plan decides, and what is no day is never a date', () => {
  const dates = ['1900-01-01', '1970-01-01', '9999-12-31', '0001-01-01', '1899-12-30', '0000-00-00', '2001-01-01'];
  const readings = (sentinels: DateOptions['sentinels']) => dates.map((text) => read(text, 'mdy', { sentinels }));
  const placeholder = 'date.sentinel';
  expect(readings('nonsense')).toEqual(['1900-01-01', '1970-01-01', ...Array.from({ length: 4 }, () => placeholder), '2001-01-01']);
  expect(readings('likely')).toEqual([...Array.from({ length: 6 }, () => placeholder), '2001-01-01']);
  expect(readings('kept')).toEqual([...dates.slice(0, 5), placeholder, '2001-01-01']);
});

test('a year or a month is filled with its first day only where the plan says so', () => {
  expect(['1987', '1987-03', '3/1987', '1987/3'].map((text) => read(text))).toEqual(Array.from({ length: 4 }, () => 'date.incomplete'));
  const filled = ['1987', '1987-03', '3/1987', '1987/3', '1800', '1987-13'].map((text) => read(text, 'mdy', { incomplete: 'first-day' }));
  expect(filled).toEqual(['1987-01-01', '1987-03-01', '1987-03-01', '1987-03-01', 'date.sentinel', 'date.invalid']);
});
