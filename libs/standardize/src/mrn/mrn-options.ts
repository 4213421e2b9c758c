import { z } from 'zod';

/** What of a number is no part of it in the hospital that gives it. Everything is kept unless somebody who knows the hospital says otherwise. */
export const MrnOptions = z.strictObject({
  zeros: z.enum(['keep', 'drop']).default('keep'),
  letters: z.enum(['keep', 'upper']).default('keep'),
  separators: z.enum(['keep', 'drop']).default('keep'),
});
export type MrnOptions = z.infer<typeof MrnOptions>;
