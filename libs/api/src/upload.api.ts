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

/** `POST /api/v1/uploads/presign`: a file whose parts the client will send to the object store itself. */
export const DirectUploadRequest = z.strictObject({
  bytes: Count.min(1),
  /** Name of the file. */
  name: z
    .string()
    .min(1)
    .max(255)
    .regex(/^[^\u0000-\u001f\u007f]*$/, 'A name has no control characters.')
    .optional(),
  /** What all bytes will hash to. */
  sha256: Sha256.optional(),
});

/** The parts of such an upload, from the first byte to the last: each goes with PUT to its address, in any order. */
export const DirectUploadBody = z.object({
  upload_id: z.string(),
  bytes: Count,
  /** Of each part but the last. */
  part_bytes: Count,
  parts: z.array(
    z.object({
      number: Count,
      bytes: Count,
      arrived: z.boolean(),
      /** Null for a part that has arrived. Whoever has the address needs no key: do not log it. */
      url: z.string().nullable(),
      url_expires_at: Timestamp.nullable(),
    }),
  ),
  expires_at: Timestamp,
});
export type DirectUploadBody = z.infer<typeof DirectUploadBody>;

/** `POST /api/v1/uploads/{id}/complete`. */
export const UploadCompletionRequest = z.strictObject({ sha256: Sha256.optional() });

export const UPLOADS = '/api/v1/uploads';

/** The route of one upload; the same for server and client. `id` is a prefixed or bare id. */
export function uploadPath(id: string): string {
  return `${UPLOADS}/${encodeURIComponent(id)}`;
}
