import { finding } from '@attune/core';
import { TimestampOptions } from '../date/date-options.js';
import { defineStandardizer } from '../define-standardizer.js';
import { readFolded } from '../folding/read-folded.js';
import { timestampKernel } from './timestamp-kernel.js';
import { readTimestamp } from './timestamp-reference.js';

/**
 * Points in time as exactly as they were written, in ISO 8601: a year, a month, a date, or a date and a time of day. The date is read
 * as the standardizer `date` reads it, placeholders and all, HL7 v2 timestamps (DTM) too. A year or a month alone keeps its precision,
 * unless `incomplete` refuses it. An offset from UTC is kept and none is invented: without it the time is that of the place where it
 * was written.
 */
export const timestamp = readFolded(
  defineStandardizer({
    name: 'timestamp',
    produces: 'timestamp',
    description: 'A point in time in ISO 8601, with the precision and the offset from UTC as received.',
    options: TimestampOptions,
    findings: ['timestamp.invalid', 'date.sentinel', 'date.ambiguous_century'],
    examples: [
      ['2024-03-09T14:05:06Z', '2024-03-09T14:05:06Z'],
      ['2024-03-09 14:05:06.123', '2024-03-09T14:05:06.123'],
      ['2024-03-09T14:05', '2024-03-09T14:05'],
      ['2024-03-09 14:05:06+0200', '2024-03-09T14:05:06+02:00'],
      ['2024-03-09 14:05:06 -05', '2024-03-09T14:05:06-05:00'],
      ['3/9/2024 2:05 PM', '2024-03-09T14:05'],
      ['3/9/2024 12:05:07 am', '2024-03-09T00:05:07'],
      ['09-MAR-2024 04:05:06', '2024-03-09T04:05:06'],
      ['20240309140506', '2024-03-09T14:05:06'],
      ['20240309140506.1234-0500', '2024-03-09T14:05:06.1234-05:00'],
      ['202403091405', '2024-03-09T14:05'],
      ['2024-03-09', '2024-03-09'],
      ['20240309', '2024-03-09'],
      ['2024-03', '2024-03'],
      ['2024', '2024'],
      ['3/2024', '2024-03'],
      ['2024/3', '2024-03'],
      ['3/9/2024\u202f2:05\u202fPM', '2024-03-09T14:05'],
      ['2024-03-09 24:00', finding('timestamp.invalid')],
      ['2024-02-30T10:00:00Z', finding('timestamp.invalid')],
      ['20240309240000', finding('timestamp.invalid')],
      ['2024-13', finding('timestamp.invalid')],
      ['14:05', finding('timestamp.invalid')],
      ['45360.58', finding('timestamp.invalid')],
      ['1710000000', finding('timestamp.invalid')],
      ['0001-01-01T00:00:00Z', finding('date.sentinel')],
      ['9999-12-31 23:59:59', finding('date.sentinel')],
      ['3/9/24 2:05 PM', finding('date.ambiguous_century')],
    ],
    kernel: timestampKernel,
    reference: readTimestamp,
  }),
);
