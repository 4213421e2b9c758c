import { z } from 'zod';
import { Count, Sha256, Timestamp } from './open-enum.js';

/** An upload as `GET /api/v1/uploads/{id}` answers it: how far it has come, and what has come of it. */
export const UploadBody = z.object({
  upload_id: z.string(),
  bytes: Count,
  bytes_received: Count,
  /** Name of the file as the client gave it. */
  name: z.string().nullable(),
  /** Null until all bytes have come and are one dataset. */
  dataset_id: z.string().nullable(),
  sha256: Sha256.nullable(),
  created_at: Timestamp,
  /** From then on the upload is not there any more; a dataset that came of it stays. */
  expires_at: Timestamp,
});
export type UploadBody = z.infer<typeof UploadBody>;

export const UPLOADS = '/api/v1/uploads';

/** The route of one upload; the same for server and client. `id` is a prefixed or bare id. */
export function uploadPath(id: string): string {
  return `${UPLOADS}/${encodeURIComponent(id)}`;
}
