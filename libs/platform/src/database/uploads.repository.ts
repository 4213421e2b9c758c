import { AppError } from '@attune/core';
import { v7 as uuidv7 } from 'uuid';
import type { DirectUpload } from '../blobs/blob-store.js';
import type { Database } from './database.js';

/** How long an upload may take and its bytes may wait for a job. GC leaves what is younger alone, whether a row names it or not. */
const LIFETIME_SECONDS = 24 * 60 * 60;
/** A holder that falls silent for so long may be taken over. */
export const UPLOAD_LEASE_SECONDS = 10;

export interface NewUpload {
  readonly tenantId: string;
  readonly length: number;
  /** Name of the file as the client gave it. */
  readonly name: string | null;
  /** What the client says the bytes will hash to. */
  readonly declaredSha256: string | null;
  /** `Upload-Metadata` as it came. */
  readonly metadata: string;
  /** Where its parts go, and how large they are, when the client sends them to the object store itself. */
  readonly direct: (DirectUpload & { readonly partBytes: number }) | null;
}

/** An upload under way, or one that is whole. Sizes in bytes, times in milliseconds of the database clock. */
export interface Upload extends NewUpload {
  readonly id: string;
  readonly received: number;
  /** Of all bytes; null until they are one blob. */
  readonly sha256: string | null;
  readonly createdAt: number;
  readonly expiresAt: number;
}

/** Bytes [start, start + bytes) of an upload. */
export interface UploadPart {
  readonly start: number;
  readonly bytes: number;
  readonly sha256: string;
  readonly storageKey: string;
}

const UPLOAD = `id, tenant_id AS "tenantId", length::float8 AS length, received::float8 AS received, name, declared_sha256 AS "declaredSha256", metadata,
  sha256, extract(epoch FROM created_at)::float8 * 1000 AS "createdAt", extract(epoch FROM expires_at)::float8 * 1000 AS "expiresAt",
  CASE WHEN direct_key IS NOT NULL THEN json_build_object('key', direct_key, 'uploadId', direct_upload_id, 'partBytes', part_bytes) END AS direct`;

/** Where everything lies that has come of an upload. */
export function uploadPrefix({ tenantId, id }: Pick<Upload, 'tenantId' | 'id'>): string {
  return `tenants/${tenantId}/uploads/${id}`;
}

/**
 * Uploads in parts, continued by any gateway. One request at a time holds an upload, by a lease; what a request has brought counts only
 * while it does. Another tenant's upload does not exist, nor does one that has expired.
 */
export class UploadsRepository {
  constructor(private readonly database: Database) {}

  async create(upload: NewUpload): Promise<Upload> {
    const [created] = await this.database.query<Upload>(
      `INSERT INTO attune.uploads (tenant_id, id, length, name, declared_sha256, metadata, direct_key, direct_upload_id, part_bytes, expires_at)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, now() + make_interval(secs => $10)) RETURNING ${UPLOAD}`,
      [
        upload.tenantId,
        uuidv7(),
        upload.length,
        upload.name,
        upload.declaredSha256,
        upload.metadata,
        upload.direct?.key,
        upload.direct?.uploadId,
        upload.direct?.partBytes,
        LIFETIME_SECONDS,
      ],
    );
    return created!;
  }

  /** @throws AppError not_found */
  async find(tenantId: string, id: string): Promise<Upload> {
    const [found] = await this.database.query<Upload>(
      `SELECT ${UPLOAD} FROM attune.uploads WHERE tenant_id = $1 AND id = $2 AND expires_at > now()`,
      [tenantId, id],
    );
    if (!found) throw new AppError('not_found', 'there is no such upload');
    return found;
  }

  /** Takes the upload for `holder`. @throws AppError not_found; upload_locked while another request holds it. */
  async hold(tenantId: string, id: string, holder: string): Promise<Upload> {
    const [held] = await this.database.query<Upload>(
      `UPDATE attune.uploads SET holder = $3, lease_until = now() + make_interval(secs => $4)
       WHERE tenant_id = $1 AND id = $2 AND expires_at > now() AND (lease_until IS NULL OR lease_until < now()) RETURNING ${UPLOAD}`,
      [tenantId, id, holder, UPLOAD_LEASE_SECONDS],
    );
    if (held) return held;
    await this.find(tenantId, id);
    throw new AppError('upload_locked', 'another request is writing to the upload');
  }

  async renew({ tenantId, id }: Upload, holder: string): Promise<void> {
    await this.database.query(
      `UPDATE attune.uploads SET lease_until = now() + make_interval(secs => $4) WHERE tenant_id = $1 AND id = $2 AND holder = $3`,
      [tenantId, id, holder, UPLOAD_LEASE_SECONDS],
    );
  }

  async release({ tenantId, id }: Upload, holder: string): Promise<void> {
    await this.database.query(
      `UPDATE attune.uploads SET holder = NULL, lease_until = NULL WHERE tenant_id = $1 AND id = $2 AND holder = $3`,
      [tenantId, id, holder],
    );
  }

  /** Stored bytes count from now on. @throws AppError upload_locked when another request has taken over: then they never do. */
  async addPart({ tenantId, id }: Upload, holder: string, part: UploadPart): Promise<void> {
    await this.database.transaction(async (query) => {
      const counted = await query(
        `UPDATE attune.uploads SET received = received + $5, lease_until = now() + make_interval(secs => $6)
         WHERE tenant_id = $1 AND id = $2 AND holder = $3 AND received = $4 RETURNING 1`,
        [tenantId, id, holder, part.start, part.bytes, UPLOAD_LEASE_SECONDS],
      );
      if (counted.length === 0) throw new AppError('upload_locked', 'another request has taken the upload over');
      await query(
        `INSERT INTO attune.upload_parts (tenant_id, upload_id, start, bytes, sha256, storage_key) VALUES ($1, $2, $3, $4, $5, $6)`,
        [tenantId, id, part.start, part.bytes, part.sha256, part.storageKey],
      );
    });
  }

  /** In the order of their bytes. */
  async parts({ tenantId, id }: Upload): Promise<UploadPart[]> {
    return this.database.query<UploadPart>(
      `SELECT start::float8 AS start, bytes::float8 AS bytes, sha256, storage_key AS "storageKey"
       FROM attune.upload_parts WHERE tenant_id = $1 AND upload_id = $2 ORDER BY start`,
      [tenantId, id],
    );
  }

  /** The bytes are one blob now. @throws AppError upload_locked when another request has taken over. */
  async complete({ tenantId, id }: Upload, holder: string, sha256: string): Promise<void> {
    await this.database.transaction(async (query) => {
      const done = await query(
        `UPDATE attune.uploads SET sha256 = $4, received = length WHERE tenant_id = $1 AND id = $2 AND holder = $3 RETURNING 1`,
        [tenantId, id, holder, sha256],
      );
      if (done.length === 0) throw new AppError('upload_locked', 'another request has taken the upload over');
      await query(`DELETE FROM attune.upload_parts WHERE tenant_id = $1 AND upload_id = $2`, [tenantId, id]);
    });
  }

  /** Forgets the upload, whoever holds it: what that request brings from now on counts for nothing. @throws AppError not_found */
  async remove({ tenantId, id }: Pick<Upload, 'tenantId' | 'id'>): Promise<void> {
    await this.database.transaction(async (query) => {
      const [held] = await query(`SELECT 1 FROM attune.uploads WHERE tenant_id = $1 AND id = $2 FOR UPDATE`, [tenantId, id]);
      if (!held) throw new AppError('not_found', 'there is no such upload');
      await query(`DELETE FROM attune.upload_parts WHERE tenant_id = $1 AND upload_id = $2`, [tenantId, id]);
      await query(`DELETE FROM attune.uploads WHERE tenant_id = $1 AND id = $2`, [tenantId, id]);
    });
  }

  /** Takes uploads of any tenant that have expired and that nobody holds. */
  async takeExpired(limit = 100): Promise<Pick<Upload, 'tenantId' | 'id' | 'direct'>[]> {
    return this.database.query(
      `UPDATE attune.uploads SET holder = $1, lease_until = now() + make_interval(secs => $2)
       WHERE id IN (SELECT id FROM attune.uploads WHERE expires_at <= now() AND (lease_until IS NULL OR lease_until < now())
         ORDER BY expires_at LIMIT $3 FOR UPDATE SKIP LOCKED)
       RETURNING ${UPLOAD}`,
      [uuidv7(), UPLOAD_LEASE_SECONDS, limit],
    );
  }
}
