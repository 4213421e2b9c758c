import { z } from 'zod';

/** A value we know today, or one that a later version has added. Completion still offers the known ones. */
export type OpenEnum<Known extends string> = Known | (string & {});

/**
 * Enums of answers are open (api.md, section 1): a client written today must read the answer of a later server,
 * so any text is accepted and only documented. Enums of requests stay closed.
 */
export function openEnum<const Known extends string>(known: readonly Known[]): z.ZodType<OpenEnum<Known>, OpenEnum<Known>> {
  return z.string().meta({ examples: [...known], description: 'Open: more values may come.' });
}

/** RFC 3339 in UTC, with `Z`. */
export const Timestamp = z.iso.datetime();

/** A count of records, bytes or the like. */
export const Count = z.int().min(0);

export const Sha256 = z.string().regex(/^[0-9a-f]{64}$/, 'A sha256 is 64 hexadecimal digits in lower case.');
