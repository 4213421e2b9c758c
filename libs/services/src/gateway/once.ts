import { AppError, type WorkerService } from '@attune/core';
import type { AnsweredKey, IdempotencyRepository, JobRow, Metrics } from '@attune/platform';
import type { Request } from 'express';

const RENEW_MS = 10_000;
const KEY = /^[\x21-\x7e]{1,255}$/;

export interface Done {
  readonly jobId: string;
  /** The job that was made by this request. */
  readonly job?: JobRow;
  readonly rings: readonly WorkerService[];
}

/** What a route does under an Idempotency-Key. */
export interface Act<Read> {
  /** Reads the body, every time that the request comes; `replayed` where it has been answered before. */
  readonly read: (replayed: boolean) => Promise<Read>;
  /** The same for the same request, whatever its bytes look like. */
  readonly fingerprint: (read: Read) => string;
  /** Answers the key in the transaction of what it does. */
  readonly perform: (read: Read, key?: AnsweredKey) => Promise<Done>;
}

interface Parts {
  readonly keys: IdempotencyRepository;
  readonly metrics: Metrics;
}

/** One effect per key: reserved before the body is read, answered in the transaction of the effect, replayed ever after. */
export async function once<Read>(
  { keys, metrics }: Parts,
  tenantId: string,
  request: Request,
  route: string,
  act: Act<Read>,
): Promise<Done & { readonly replayed: boolean }> {
  const key = request.header('idempotency-key');
  if (key === undefined) return { ...(await act.perform(await act.read(false))), replayed: false };
  if (!KEY.test(key)) {
    throw new AppError('validation_failed', 'the Idempotency-Key is not valid', {
      errors: [{ header: 'Idempotency-Key', code: 'invalid_format', message: '1 to 255 visible ASCII characters.' }],
    });
  }
  const reservation = await keys.reserve(tenantId, route, key);
  if (reservation.state === 'answered') {
    if (act.fingerprint(await act.read(true)) !== reservation.fingerprint)
      throw new AppError('idempotency_mismatch', 'the key was used for another operation, other options or another file');
    metrics.idempotentReplays.inc();
    return { jobId: reservation.jobId, rings: [], replayed: true };
  }
  const { holder } = reservation;
  const renewal = setInterval(() => void keys.renew(tenantId, route, key, holder).catch(() => undefined), RENEW_MS);
  try {
    const read = await act.read(false);
    return { ...(await act.perform(read, { route, key, holder, fingerprint: act.fingerprint(read) })), replayed: false };
  } catch (error) {
    await keys.release(tenantId, route, key, holder).catch(() => undefined);
    throw error;
  } finally {
    clearInterval(renewal);
  }
}
