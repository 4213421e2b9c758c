import { type Calendar, checkCalendar, dueAfter, dueBetween } from './due-times.js';

const at = (text: string): number => Date.parse(text);
const iso = (time: number | undefined): string | undefined => (time === undefined ? undefined : new Date(time).toISOString().slice(0, 16));

/** The due times that follow an instant, each asked for from the one before, as the firer does. */
function following(calendar: Calendar, from: string, count: number): (string | undefined)[] {
  const times: (string | undefined)[] = [];
  let time: number | undefined = at(from);
  for (let i = 0; i < count && time !== undefined; i++) {
    time = dueAfter(calendar, time);
    times.push(iso(time));
  }
  return times;
}

test.each([
  [
    'an hour that spring leaves out is made up for right after it',
    '30 2 * * *',
    'Europe/Berlin',
    '2026-03-28T12:00Z',
    ['2026-03-29T01:00', '2026-03-30T00:30', '2026-03-31T00:30'],
  ],
  [
    'an hour that autumn has twice is due once',
    '30 2 * * *',
    'Europe/Berlin',
    '2026-10-24T12:00Z',
    ['2026-10-25T00:30', '2026-10-26T01:30'],
  ],
  ['the same to the west of Greenwich', '30 1 * * *', 'America/New_York', '2026-10-31T12:00Z', ['2026-11-01T05:30', '2026-11-02T06:30']],
  [
    'every half hour goes on through the hour that is there twice',
    '*/30 * * * *',
    'Europe/Berlin',
    '2026-10-25T00:10Z',
    ['2026-10-25T00:30', '2026-10-25T01:00', '2026-10-25T01:30', '2026-10-25T02:00'],
  ],
  [
    'every half hour goes on past the hour that is not there',
    '*/30 * * * *',
    'Europe/Berlin',
    '2026-03-29T00:10Z',
    ['2026-03-29T00:30', '2026-03-29T01:00', '2026-03-29T01:30'],
  ],
  [
    'half an hour of summer time is half an hour',
    '0 2 * * *',
    'Australia/Lord_Howe',
    '2026-10-02T20:00Z',
    ['2026-10-03T15:30', '2026-10-04T15:00'],
  ],
])('%s', (_name, cron, timeZone, from, expected) => {
  expect(following({ cron, timeZone }, from, expected.length)).toEqual(expected);
});

test('asked in the middle of the hour that is there twice, a daily time is not due again', () => {
  expect(iso(dueAfter({ cron: '30 1 * * *', timeZone: 'America/New_York' }, at('2026-11-01T05:45Z')))).toBe('2026-11-02T06:30');
});

test('the newest due times of any number are found, and that there were older ones', () => {
  const minutes = { cron: '* * * * *', timeZone: 'UTC' };
  const found = dueBetween(minutes, at('2026-01-01T00:00Z'), at('2026-03-01T00:00:30Z'), 3);
  expect(found.times.map(iso)).toEqual(['2026-02-28T23:58', '2026-02-28T23:59', '2026-03-01T00:00']);
  expect(iso(found.before)).toBe('2026-02-28T23:57');
  expect(dueBetween(minutes, at('2026-01-01T00:00Z'), at('2026-01-01T00:02Z'), 3)).toMatchObject({
    times: { length: 3 },
    before: undefined,
  });
  expect(iso(dueBetween(minutes, at('2026-01-01T00:00Z'), at('2026-01-01T00:03Z'), 3).before)).toBe('2026-01-01T00:00');
});

test.each([
  ['61 * * * *', 'UTC', '/cron'],
  ['* * * *', 'UTC', '/cron'],
  ['* * * * * *', 'UTC', '/cron'],
  ['@daily', 'UTC', '/cron'],
  ['? * * * *', 'UTC', '/cron'],
  ['0 0 * * FOO', 'UTC', '/cron'],
  ['0 0 * * *', 'Mars/Olympus', '/time_zone'],
  ['0 0 * * *', '+02:00', '/time_zone'],
])('%s in %s is refused, and it is said where', (cron, timeZone, pointer) => {
  let thrown: unknown;
  try {
    checkCalendar({ cron, timeZone });
  } catch (error) {
    thrown = error;
  }
  expect(thrown).toMatchObject({ code: 'validation_failed', errors: [{ pointer }] });
});

test('a day that no year has is never due', () => {
  expect(dueAfter({ cron: '0 0 30 2 *', timeZone: 'UTC' }, at('2026-01-01T00:00Z'))).toBeUndefined();
});
