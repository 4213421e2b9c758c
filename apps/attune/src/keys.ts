import { AppError } from '@attune/core';
import { Database, hashApiKey, keyStart, newApiKey, readConfig, TenantsRepository } from '@attune/platform';

/** A new key of the tenant, which is made if it is not there. @throws AppError validation_failed without the settings it needs. */
export async function createKey(tenant: string): Promise<string> {
  const { databaseUrl, keyPepper } = readConfig();
  if (databaseUrl === undefined || keyPepper === undefined)
    throw new AppError('validation_failed', 'ATTUNE_DATABASE_URL and ATTUNE_KEY_PEPPER are needed; `attune up` makes its key itself');
  const key = newApiKey();
  await keepKey(databaseUrl, keyPepper, tenant, key);
  return key;
}

/** Makes a key known to the database by its hash; doing it twice changes nothing. */
export async function keepKey(databaseUrl: string, pepper: string, tenant: string, key: string): Promise<void> {
  const database = await Database.open(databaseUrl, 2);
  try {
    const tenants = new TenantsRepository(database);
    await tenants.addKey(await tenants.ensureTenant(tenant), keyStart(key), hashApiKey(key, pepper));
  } finally {
    await database.close();
  }
}
