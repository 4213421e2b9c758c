import { AppError } from '@attune/core';
import { Cron } from 'croner';

/** When something is due: five fields of cron, read in a zone of the IANA time zone database. */
export interface Calendar {
  readonly cron: string;
  readonly timeZone: string;
}

const FIELDS = /^\S+ +\S+ +\S+ +\S+ +\S+$/;
/** Names only: an offset knows no summer time. */
const ZONE = /^[A-Za-z][A-Za-z0-9_+-]*(\/[A-Za-z0-9_+-]+)*$/;

/**
 * A calendar that can be reckoned with.
 * @throws AppError validation_failed, at `/cron` or `/time_zone`
 */
export function checkCalendar({ cron, timeZone }: Calendar): void {
  if (!isZone(timeZone)) throw invalid('/time_zone', 'unknown', 'This is no name of a time zone, as in Europe/Berlin.');
  // `?` would stand for the time at which this process has read it.
  if (!FIELDS.test(cron) || cron.includes('?'))
    throw invalid('/cron', 'invalid_format', 'Five fields: minute, hour, day of the month, month, day of the week.');
  try {
    parsed({ cron, timeZone });
  } catch {
    throw invalid('/cron', 'invalid_format', 'A field holds what it cannot: minute 0-59, hour 0-23, day 1-31, month 1-12, weekday 0-7.');
  }
}

/** The first due time after an instant; undefined when none ever comes. Milliseconds since 1970, whole minutes. */
export function dueAfter(calendar: Calendar, instant: number): number | undefined {
  return parsed(calendar).nextRun(new Date(instant))?.getTime();
}

/**
 * Due times from `first`, which is one, until `until`, both included: the newest `limit` of them, oldest first, and the last one before
 * those where there are more. Costs the same however long nobody has asked.
 */
export function dueBetween(
  calendar: Calendar,
  first: number,
  until: number,
  limit: number,
): { readonly times: readonly number[]; readonly before: number | undefined } {
  const cron = parsed(calendar);
  const times = [first];
  // The usual case goes forward, like the times that are told in advance.
  while (times.length <= limit) {
    const next = cron.nextRun(new Date(times.at(-1)!))?.getTime();
    if (next === undefined || next > until) return times.length > limit ? cut(times, limit) : { times, before: undefined };
    times.push(next);
  }
  const newest = cron.previousRuns(limit + 1, new Date(until + 1)).map((time) => time.getTime());
  return cut(newest.filter((time) => time >= first).reverse(), limit);
}

function cut(times: readonly number[], limit: number): { readonly times: readonly number[]; readonly before: number | undefined } {
  return { times: times.slice(-limit), before: times.at(-limit - 1) };
}

/** Neither starts a timer nor looks at a clock: it is always asked from an instant. */
function parsed({ cron, timeZone }: Calendar): Cron {
  return new Cron(cron, { timezone: timeZone, paused: true, mode: '5-part' });
}

function isZone(name: string): boolean {
  if (!ZONE.test(name)) return false;
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return true;
  } catch {
    return false;
  }
}

function invalid(pointer: string, code: string, message: string): AppError {
  return new AppError('validation_failed', message, { errors: [{ pointer, code, message }] });
}
