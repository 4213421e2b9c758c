import { z } from 'zod';
import { Count } from './open-enum.js';
import { pageOf } from './page.api.js';

/** A record that equals an earlier one in every byte that counts, and that earlier one: its survivor. */
export const DuplicateBody = z.object({
  record: z.int().min(1),
  line: z.int().min(1),
  byte_offset: Count,
  survivor_record: z.int().min(1),
  survivor_line: z.int().min(1),
  survivor_byte_offset: Count,
});
export type DuplicateBody = z.infer<typeof DuplicateBody>;

/** In order of the source. */
export const DuplicatePage = pageOf(DuplicateBody);
export type DuplicatePage = z.infer<typeof DuplicatePage>;
