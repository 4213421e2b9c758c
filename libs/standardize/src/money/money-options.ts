import { z } from 'zod';

/** What a number without decimals counts. */
export const MoneyOptions = z.strictObject({ unit: z.enum(['dollars', 'cents']).default('dollars') });
export type MoneyOptions = z.infer<typeof MoneyOptions>;

/** Sums of up to 18 digits of cents fit 64 bits with their sign. */
export const MOST_CENT_DIGITS = 18;
