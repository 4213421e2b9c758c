import { z } from 'zod';

/** What becomes of an extension: the number is refused, the extension is written as in RFC 3966, or it is left out. */
export const PhoneOptions = z.strictObject({
  region: z.enum(['US']).default('US'),
  extension: z.enum(['refused', 'kept', 'dropped']).default('refused'),
});
export type PhoneOptions = z.infer<typeof PhoneOptions>;
