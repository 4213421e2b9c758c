import { z } from 'zod';

/** Capitals, as the USPS prefers them, or letters as received. */
export const AddressLineOptions = z.strictObject({ letters: z.enum(['upper', 'received']).default('upper') });
export type AddressLineOptions = z.infer<typeof AddressLineOptions>;
