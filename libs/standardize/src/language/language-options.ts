import { z } from 'zod';

/** `iso`: three letters are always a code of ISO 639. `mixed`: they may as well be a name cut short, and what could be either is refused. */
export const LanguageOptions = z.strictObject({ codes: z.enum(['mixed', 'iso']).default('mixed') });
export type LanguageOptions = z.infer<typeof LanguageOptions>;
