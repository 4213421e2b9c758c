import { z } from 'zod';
import { openEnum, Timestamp } from './open-enum.js';

/** `/health/live`: the event loop turns; no dependency is asked. */
export const LiveBody = z.object({ status: z.literal('live') });
export type LiveBody = z.infer<typeof LiveBody>;

/** State of one dependency; `since` and `code` are null where nothing is known or wrong. */
export const HealthCheck = z.object({ healthy: z.boolean(), since: Timestamp.nullable(), code: z.string().nullable() });
export type HealthCheck = z.infer<typeof HealthCheck>;

/** `/health/ready`: 200 when ready, 503 while starting, draining, or without what jobs cannot do without. */
export const ReadyBody = z.object({ status: openEnum(['ready', 'not_ready']), checks: z.record(z.string(), HealthCheck) });
export type ReadyBody = z.infer<typeof ReadyBody>;

/** `/health` (200 as long as the process answers) and `/api/v1/health` (503 when unhealthy). `repository` is there in its execution mode only. */
export const HealthBody = z.object({
  status: openEnum(['healthy', 'degraded', 'unhealthy']),
  version: z.string(),
  checks: z.object({ database: HealthCheck, queue: HealthCheck, storage: HealthCheck, repository: HealthCheck.optional() }),
});
export type HealthBody = z.infer<typeof HealthBody>;
