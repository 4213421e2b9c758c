import { type FreshDatabase, freshDatabase } from '@attune/testing';
import { hashApiKey, keyStart, newApiKey } from '../auth/api-key.js';
import { Database } from './database.js';
import { TenantsRepository } from './tenants.repository.js';

const PEPPER = 'the pepper of the test';

let fresh: FreshDatabase;
let database: Database;
let tenants: TenantsRepository;

beforeEach(async () => {
  fresh = await freshDatabase();
  database = await Database.open(fresh.url);
  tenants = new TenantsRepository(database);
});

afterEach(async () => {
  await database.close();
  await fresh.drop();
});

async function keyOf(tenant: string): Promise<string> {
  const key = newApiKey();
  await tenants.addKey(await tenants.ensureTenant(tenant), keyStart(key), hashApiKey(key, PEPPER));
  return key;
}

test('a revoked key is nobody’s, stays so, and the others of its tenant stay good', async () => {
  const [leaked, kept, other] = [await keyOf('north'), await keyOf('north'), await keyOf('south')];
  const owner = (key: string) => tenants.tenantOfKey(hashApiKey(key, PEPPER));
  expect(await tenants.revokeKeys(keyStart(leaked))).toMatchObject([{ start: keyStart(leaked), tenant: 'north' }]);
  expect(await owner(leaked)).toBeUndefined();
  expect([await owner(kept), await owner(other)]).toEqual([await tenants.idOf('north'), await tenants.idOf('south')]);
  expect(await tenants.revokeKeys(keyStart(leaked))).toEqual([]);
  expect(await tenants.revokeKeys('')).toEqual([]);
});

test('keys are listed with their tenant and their times, and with nothing that opens', async () => {
  const [first, second] = [await keyOf('north'), await keyOf('south')];
  await tenants.revokeKeys(keyStart(first));
  const time = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/) as string;
  expect(await tenants.listKeys()).toEqual([
    { start: keyStart(first), tenant: 'north', created_at: time, revoked_at: time },
    { start: keyStart(second), tenant: 'south', created_at: time, revoked_at: null },
  ]);
  expect(await tenants.listKeys('south')).toHaveLength(1);
  expect(await tenants.listKeys('nobody')).toEqual([]);
});
