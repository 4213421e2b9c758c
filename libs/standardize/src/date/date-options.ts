import { z } from 'zod';

/** Which number is the month where the year stands behind; `ymd` reads no such date. */
export const DateOptions = z.strictObject({ order: z.enum(['mdy', 'dmy', 'ymd']).default('mdy') });
export type DateOptions = z.infer<typeof DateOptions>;
