import { z } from 'zod';

/**
 * A quarantined record that came back mended, as a line of the artifact `fixed_records`. `record`, `member`, `line` and `byte_offset` are
 * those of the received record. Either `text`, one record in the dialect of the source but UTF-8, or `values`, one for each source column.
 */
export const MendedRecord = z.strictObject({
  record: z.int().min(1),
  member: z.string(),
  line: z.int().min(1),
  byte_offset: z.int().min(0),
  text: z.string().optional(),
  values: z.array(z.string()).optional(),
});
export type MendedRecord = z.infer<typeof MendedRecord>;
