import { z } from 'zod';
import { Timestamp } from './open-enum.js';

/** `/version` and `/api/v1/version`. Commit and time are null in a checkout that was built by hand. */
export const VersionBody = z.object({
  /** Version of the API, as in `v1`. */
  api: z.string(),
  version: z.string(),
  commit: z.string().nullable(),
  built_at: Timestamp.nullable(),
});
export type VersionBody = z.infer<typeof VersionBody>;
