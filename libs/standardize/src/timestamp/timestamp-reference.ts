import { finding, type Reading } from '@attune/core';
import type { TimestampOptions } from '../date/date-options.js';
import { readFullDate, readPartial } from '../date/date-reference.js';

const COMPACT = /^(\d{8})(\d\d)([0-5]\d)([0-5]\d)?(?:(?<=^\d{14})(\.\d{1,9}))?(Z|[+-](?:[01]\d|2[0-3])[0-5]\d)?$/;
const TIME = /(?:t| +)(\d{1,2}):([0-5]\d)(?::([0-5]\d)([.,]\d{1,9})?)?(?: ?([ap])m)?(?: ?(z|[+-](?:[01]\d|2[0-3])(?::?[0-5]\d)?))?$/i;
/** As in the date, but one blank before the half of the day alone: the whole of the time must be of this form. */
const INVALID = finding('timestamp.invalid');

export function readTimestamp(value: string, options: TimestampOptions): Reading {
  const partial = readPartial(value);
  if (partial) return options.incomplete === 'kept' ? { value: partial.join('-') } : INVALID;
  if (/^(?:\d{12}|\d{14})(?!\d)/.test(value)) return readCompact(value, options);
  const time = TIME.exec(value);
  const day = readDay(time ? value.slice(0, time.index) : value, options);
  if (!time || 'finding' in day) return time && !hourOf(time) ? INVALID : day;
  const hour = hourOf(time);
  if (hour === undefined) return INVALID;
  const [, , minute, second, fraction = '', , zone = ''] = time;
  const clock = `${hour}:${minute}${second === undefined ? '' : `:${second}${fraction.replace(',', '.')}`}`;
  return { value: `${day.value}T${clock}${zoneOf(zone)}` };
}

function readCompact(value: string, options: TimestampOptions): Reading {
  const match = COMPACT.exec(value);
  if (!match || match[2]! > '23') return INVALID;
  const [, day, hour, minute, second, fraction = '', zone = ''] = match;
  const date = readDay(day!, options);
  if ('finding' in date) return date;
  return { value: `${date.value}T${hour}:${minute}${second === undefined ? '' : `:${second}${fraction}`}${zoneOf(zone)}` };
}

/** A date without a time. */
function readDay(text: string, options: TimestampOptions): Reading {
  if (text.includes(':')) return INVALID;
  const day = readFullDate(text, options);
  return 'finding' in day && day.finding === 'date.invalid' ? INVALID : day;
}

/** Two digits of 24 hours; undefined for an hour that no clock shows. */
function hourOf([, hour, , , , half]: RegExpExecArray): string | undefined {
  const number = Number(hour);
  if (half === undefined) return number > 23 ? undefined : String(number).padStart(2, '0');
  if (number < 1 || number > 12) return undefined;
  return String((number % 12) + (half.toLowerCase() === 'p' ? 12 : 0)).padStart(2, '0');
}

function zoneOf(zone: string): string {
  if (zone === '' || zone.toUpperCase() === 'Z') return zone.toUpperCase();
  const digits = zone.slice(1).replace(':', '').padEnd(4, '0');
  return `${zone[0]}${digits.slice(0, 2)}:${digits.slice(2)}`;
}
