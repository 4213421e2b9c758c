import type { RetentionRepository } from '../database/retention.repository.js';
import type { TenantsRepository } from '../database/tenants.repository.js';
import { hashApiKey, keyStart, newApiKey } from './api-key.js';

/** Whose jobs are only there to be measured. The name is reserved, and the id the same everywhere, so that every process knows them. */
const ID = '00000000-0000-7000-8000-000000000001';
const NAME = 'attune-canary';
/** What a canary leaves is of no use to anybody. */
const KEPT_DAYS = 1;

/** What such a job is about says nothing of the data that people send. */
export const isCanary = (tenantId: string): boolean => tenantId === ID;

/** A key that opens the door for canaries, and the only one that does: whoever led before has none any more. */
export async function newCanaryKey(tenants: TenantsRepository, retention: RetentionRepository, pepper: string): Promise<string> {
  await tenants.reserveTenant(ID, NAME);
  const { version, rawDays, resultsDays } = await retention.policy(ID);
  if (version === 0 && (rawDays !== KEPT_DAYS || resultsDays !== KEPT_DAYS))
    await retention.decide(ID, version, { rawDays: KEPT_DAYS, resultsDays: KEPT_DAYS });
  const key = newApiKey();
  await tenants.replaceKeys(ID, keyStart(key), hashApiKey(key, pepper));
  return key;
}
