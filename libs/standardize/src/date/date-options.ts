import { z } from 'zod';

/** Which number is the month where the year stands behind; `ymd` reads no such date. */
const order = z.enum(['mdy', 'dmy', 'ymd']).default('mdy');

/**
 * What is a placeholder and no date: what can be none (`nonsense`), or also days on which people are born but systems write far more often
 * (`likely`). `kept` keeps placeholders that are days of the calendar, such as 9999-12-31 for "until further notice".
 */
const sentinels = z.enum(['nonsense', 'likely', 'kept']).default('nonsense');

/** A year or a month alone is refused, or its first day is written: a guess that only the plan can make. */
const incomplete = z.enum(['refused', 'first-day']).default('refused');

export const DateOptions = z.strictObject({ order, sentinels, incomplete });
export type DateOptions = z.infer<typeof DateOptions>;

/** A year or a month alone is a point in time of that precision, unless it is refused. */
export const TimestampOptions = z.strictObject({ order, sentinels, incomplete: z.enum(['kept', 'refused']).default('kept') });
export type TimestampOptions = z.infer<typeof TimestampOptions>;

/** Years that are read. */
export const FIRST_YEAR = 1800;
export const LAST_YEAR = 2200;
