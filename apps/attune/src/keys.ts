import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { AppError } from '@attune/core';
import { Database, hashApiKey, type KeptKey, keyStart, newApiKey, readConfig, TenantsRepository } from '@attune/platform';
import { databaseOf } from './own-database.js';

/** A new key of the tenant, which is made if it is not there. @throws AppError validation_failed without a pepper to hash it under */
export async function createKey(tenant: string): Promise<string> {
  const { databaseUrl, keyPepper, dataDir } = readConfig();
  // Whose database is elsewhere has its processes elsewhere, too: a pepper of this machine is not theirs.
  if (databaseUrl !== undefined && keyPepper === undefined)
    throw new AppError('validation_failed', 'ATTUNE_KEY_PEPPER is needed: the one of the processes that use the database');
  return withTenants(async (tenants) => {
    const pepper = keyPepper ?? (await readFile(path.join(dataDir, 'pepper'), 'utf8')).trim();
    const key = newApiKey();
    await addKey(tenants, pepper, tenant, key);
    return key;
  });
}

/** The keys that were ever made, of the tenant or of all, without what opens with them. */
export const listKeys = (tenant?: string): Promise<KeptKey[]> => withTenants((tenants) => tenants.listKeys(tenant));

/** Answers the keys that begin so and were good until now. */
export const revokeKeys = (start: string): Promise<KeptKey[]> => withTenants((tenants) => tenants.revokeKeys(start));

/** Makes a key known to the database by its hash; doing it twice changes nothing. */
export const keepKey = (databaseUrl: string, pepper: string, tenant: string, key: string): Promise<void> =>
  onTenants(databaseUrl, (tenants) => addKey(tenants, pepper, tenant, key));

async function addKey(tenants: TenantsRepository, pepper: string, tenant: string, key: string): Promise<void> {
  await tenants.addKey(await tenants.ensureTenant(tenant), keyStart(key), hashApiKey(key, pepper));
}

/** In the database that the environment names, or in that of the data directory. */
async function withTenants<T>(work: (tenants: TenantsRepository) => Promise<T>): Promise<T> {
  const { url, giveBack } = await databaseOf(readConfig());
  try {
    return await onTenants(url, work);
  } finally {
    await giveBack();
  }
}

async function onTenants<T>(url: string, work: (tenants: TenantsRepository) => Promise<T>): Promise<T> {
  const database = await Database.open(url, 2);
  try {
    return await work(new TenantsRepository(database));
  } finally {
    await database.close();
  }
}
