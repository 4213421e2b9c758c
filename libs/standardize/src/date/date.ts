import { finding } from '@attune/core';
import { defineStandardizer } from '../define-standardizer.js';
import { readFolded } from '../folding/read-folded.js';
import { dateKernel } from './date-kernel.js';
import { DateOptions } from './date-options.js';
import { readDate } from './date-reference.js';

/**
 * Calendar dates as hospitals write them, in ISO 8601 afterwards. A year of four digits in front is read year, month, day in every
 * order; with the year behind, `order` says which number is the month, and a month above 12 is never swapped with the day.
 * Years 1800 to 2200. A time of day behind the date is checked and left out; the date stays as written, whatever the offset.
 *
 * A placeholder is null with the finding `date.sentinel`, which is no error: nothing was lost, nothing was known. Which dates are
 * placeholders `sentinels` says: by default those that can be nothing else (0000-00-00, 0001-01-01, 1753-01-01, 1800-01-01, 1899-12-30,
 * 9999-12-31, 8s and 9s and so on); 1900-01-01 and 1970-01-01 are birthdays too and only with `likely`; `kept` keeps those that are days.
 * A year or a month alone is `date.incomplete`: which day was meant nobody knows, unless `incomplete` has its first day written.
 */
export const date = readFolded(
  defineStandardizer({
    name: 'date',
    produces: 'date',
    description: 'A date of the calendar, written yyyy-mm-dd.',
    options: DateOptions,
    findings: ['date.invalid', 'date.sentinel', 'date.ambiguous_century', 'date.incomplete'],
    examples: [
      ['1987-03-09', '1987-03-09'],
      ['1987/3/9', '1987-03-09'],
      ['19870309', '1987-03-09'],
      ['3/9/1987', '1987-03-09'],
      ['03-09-1987', '1987-03-09'],
      ['3.9.1987', '1987-03-09'],
      ['Mar 9, 1987', '1987-03-09'],
      ['SEPT. 9 1987', '1987-09-09'],
      ['9 march 1987', '1987-03-09'],
      ['09-MAR-1987', '1987-03-09'],
      ['09MAR1987', '1987-03-09'],
      ['1987-03-09T23:59:59.999Z', '1987-03-09'],
      ['1987-03-09 00:00:00+02:00', '1987-03-09'],
      ['3/9/1987 12:05 PM', '1987-03-09'],
      ['2024-02-29', '2024-02-29'],
      ['1900-01-01', '1900-01-01'],
      ['１９８７－０３－０９', '1987-03-09'],
      ['\u200e3/9/1987', '1987-03-09'],
      ['1900-02-29', finding('date.invalid')],
      ['2/30/1987', finding('date.invalid')],
      ['31/1/1987', finding('date.invalid')],
      ['1987-03-09 25:00', finding('date.invalid')],
      ['3/9-1987', finding('date.invalid')],
      ['19A0-01-02', finding('date.invalid')],
      ['31845', finding('date.invalid')],
      ['1799-12-31', finding('date.invalid')],
      ['3/9/87', finding('date.ambiguous_century')],
      ['09-MAR-87', finding('date.ambiguous_century')],
      ['0001-01-01T00:00:00', finding('date.sentinel')],
      ['00/00/0000', finding('date.sentinel')],
      ['12/31/9999', finding('date.sentinel')],
      ['99999999', finding('date.sentinel')],
      ['12/30/1899', finding('date.sentinel')],
      ['1753-01-01 00:00:00', finding('date.sentinel')],
      ['1987', finding('date.incomplete')],
      ['1987-03', finding('date.incomplete')],
      ['3/1987', finding('date.incomplete')],
      ['13/1987', finding('date.invalid')],
    ],
    kernel: dateKernel,
    reference: readDate,
  }),
);
