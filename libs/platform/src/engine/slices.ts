import { z } from 'zod';

const count = z.int().min(0);
const Place = z.strictObject({ byteOffset: count, line: count, records: count });

/**
 * Slices of an input; they count for a pass of this identity and for no other. Each is read from its first record up to `end`, beyond its own
 * end, and has the hash of those bytes.
 */
export const Slices = z.strictObject({
  identity: z.string(),
  slices: z.array(z.strictObject({ from: Place, to: count, end: count, sha256: z.string() })),
});
export type Slices = z.infer<typeof Slices>;
