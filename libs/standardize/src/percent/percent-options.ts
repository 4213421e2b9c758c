import { z } from 'zod';

/** What a number without a percent sign is: nothing that is known, hundredths already, or a share of one. */
export const PercentOptions = z.strictObject({ unmarked: z.enum(['refused', 'percent', 'fraction']).default('refused') });
export type PercentOptions = z.infer<typeof PercentOptions>;

/** What DECIMAL columns hold at most, less the two places that a share of one is moved by. */
export const MOST_DIGITS = 36;
