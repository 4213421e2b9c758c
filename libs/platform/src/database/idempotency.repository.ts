import { AppError } from '@attune/core';
import { v7 as uuidv7 } from 'uuid';
import type { Database } from './database.js';

export type Reservation =
  | { readonly state: 'reserved'; readonly holder: string }
  | { readonly state: 'answered'; readonly fingerprint: string; readonly jobId: string };

/** A body may stream for longer than this; the reservation is renewed meanwhile. */
export const RESERVATION_SECONDS = 30;

/** Idempotency keys, reserved before the body is read (jobs.md, section 4.1). */
export class IdempotencyRepository {
  constructor(private readonly database: Database) {}

  /**
   * Reserves the key, takes over a reservation whose lease has ended, or finds the answer of the first request.
   * @throws AppError idempotency_in_progress while the first request is being answered.
   */
  async reserve(tenantId: string, route: string, key: string): Promise<Reservation> {
    const holder = uuidv7();
    const [reserved] = await this.database.query(
      `INSERT INTO attune.idempotency_keys AS k (tenant_id, route, key, state, holder, lease_until)
       VALUES ($1, $2, $3, 'reserved', $4, now() + make_interval(secs => $5))
       ON CONFLICT (tenant_id, route, key) DO UPDATE SET holder = excluded.holder, lease_until = excluded.lease_until
         WHERE k.state = 'reserved' AND k.lease_until < now()
       RETURNING 1`,
      [tenantId, route, key, holder, RESERVATION_SECONDS],
    );
    if (reserved) return { state: 'reserved', holder };
    const [first] = await this.database.query<{ state: string; fingerprint: string; job_id: string }>(
      `SELECT state, fingerprint, job_id FROM attune.idempotency_keys WHERE tenant_id = $1 AND route = $2 AND key = $3`,
      [tenantId, route, key],
    );
    if (first?.state === 'answered') return { state: 'answered', fingerprint: first.fingerprint, jobId: first.job_id };
    throw new AppError('idempotency_in_progress', 'the first request with this key is still being answered');
  }

  async renew(tenantId: string, route: string, key: string, holder: string): Promise<void> {
    await this.database.query(
      `UPDATE attune.idempotency_keys SET lease_until = now() + make_interval(secs => $5) WHERE tenant_id = $1 AND route = $2 AND key = $3 AND holder = $4 AND state = 'reserved'`,
      [tenantId, route, key, holder, RESERVATION_SECONDS],
    );
  }

  /** A request that failed leaves the key free for the next try. */
  async release(tenantId: string, route: string, key: string, holder: string): Promise<void> {
    await this.database.query(
      `DELETE FROM attune.idempotency_keys WHERE tenant_id = $1 AND route = $2 AND key = $3 AND holder = $4 AND state = 'reserved'`,
      [tenantId, route, key, holder],
    );
  }
}
