import { Buffer } from 'node:buffer';
import fc from 'fast-check';
import { formatOf, GENERAL } from './number-format.js';
import { DAY_BYTES, serialText, writeDay } from './serial-date.js';

const DATE = { ...GENERAL, date: true };
const TIME = { ...GENERAL, time: true };
const BOTH = { ...GENERAL, date: true, time: true };
const DURATION = { ...GENERAL, duration: true };

test.each([
  [1, DATE, '1900-01-01'],
  [59, DATE, '1900-02-28'],
  [60, DATE, '1900-02-29'],
  [61, DATE, '1900-03-01'],
  [45000, DATE, '2023-03-15'],
  [45000.5, DATE, '2023-03-15T12:00:00'],
  [45000, BOTH, '2023-03-15T00:00:00'],
  [45000.999999999, BOTH, '2023-03-16T00:00:00'],
  [45000.52135416667, BOTH, '2023-03-15T12:30:45'],
  [45000.0000057871, BOTH, '2023-03-15T00:00:00.500'],
  [0.5, TIME, '12:00:00'],
  [0, TIME, '00:00:00'],
  [0.75, BOTH, '18:00:00'],
  [0, DATE, '1900-01-00'],
  [1.5, TIME, '1900-01-01T12:00:00'],
  [1.1458333333333333, DURATION, '27:30:00'],
  [-0.5, DURATION, '-12:00:00'],
  [2_958_465, DATE, '9999-12-31'],
  [2_958_466, DATE, undefined],
  [-1, DATE, undefined],
  [NaN, DATE, undefined],
])('%s days are %j', (serial, format, text) => {
  expect(serialText(serial, format, false)).toBe(text);
});

test.each([
  [0, DATE, '1904-01-01'],
  [43538, DATE, '2023-03-15'],
  [0.25, TIME, '06:00:00'],
  [60, DATE, '1904-03-01'],
])('where days count from 1904, %s are %j', (serial, format, text) => {
  expect(serialText(serial, format, true)).toBe(text);
});

test('every day that is written without a string is the same day', () => {
  const into = new Uint8Array(DAY_BYTES);
  fc.assert(
    fc.property(fc.integer({ min: -5, max: 3_000_000 }), fc.boolean(), (days, date1904) => {
      if (!writeDay(days, date1904, into)) return days <= 60 || days > 2_957_003;
      return Buffer.from(into).toString() === serialText(days, DATE, date1904);
    }),
    { numRuns: 20_000 },
  );
});

test.each([
  ['yyyy-mm-dd', DATE],
  ['[$-409]d/m/yy;@', DATE],
  ['mmm', DATE],
  ['m/d/yy h:mm AM/PM', BOTH],
  ['h:mm:ss', TIME],
  ['mm:ss.0', TIME],
  ['[h]:mm', DURATION],
  ['[Red][ss]', DURATION],
  ['General', GENERAL],
  ['0.00', GENERAL],
  ['#,##0.00\\ "days"', GENERAL],
  ['[Red]0.00;[Blue]-0.00', GENERAL],
  ['0.00E+00', GENERAL],
  ['"due "yyyy', DATE],
  ['_($* #,##0_)', GENERAL],
  ['@', GENERAL],
  ['0%', GENERAL],
  ['00000', { ...GENERAL, mask: '00000' }],
  ['000\\-00\\-0000', { ...GENERAL, mask: '000-00-0000' }],
  ['00000\\-0000', { ...GENERAL, mask: '00000-0000' }],
])('the format %s is understood', (written, format) => {
  expect(formatOf(written)).toEqual(format);
});
