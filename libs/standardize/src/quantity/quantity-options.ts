import { z } from 'zod';
import { unitReader } from '../unit/unit.js';

/** `unit`: what a number without a unit counts, a unit that is known. */
export const QuantityOptions = z.strictObject({
  unit: z
    .string()
    .max(64)
    .refine((text) => 'value' in unitReader.reference(text, 'ucum'))
    .describe('a unit that is known')
    .optional(),
});
export type QuantityOptions = z.infer<typeof QuantityOptions>;

/** What DECIMAL columns hold at most. */
export const MOST_DIGITS = 38;
