import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { Database, hashApiKey, keyStart, newApiKey, TenantsRepository } from '@attune/platform';
import servers from '../jest.servers.mjs';
import { AllInOne } from './faults/all-in-one.mjs';
import { freePort } from './faults/deployment.mjs';

/** Beside the servers of all tests an Attune for those that need nothing special of it, with a tenant for each file of tests. */
export default async function serversAndAttune() {
  await servers();
  if (globalThis.sharedAttune) {
    const { server, directory } = globalThis.sharedAttune;
    const exitCode = await server.stop();
    fs.rmSync(directory, { recursive: true, force: true });
    if (exitCode !== 0) throw new Error(`The Attune that tests shared ended with ${exitCode}.`);
    return;
  }
  const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'attune-e2e-'));
  const unlimited = { ATTUNE_SHED_LAG_MS: '0', ATTUNE_RATE_API: '0', ATTUNE_RATE_JOBS: '0' };
  const server = new AllInOne(path.join(directory, 'data'), await freePort(), unlimited);
  globalThis.sharedAttune = { server, directory };
  await server.start();
  process.env.TEST_ATTUNE = JSON.stringify({ url: server.url, dataDir: server.dataDir, keys: await makeKeys(server) });
}

async function makeKeys({ databaseUrl, dataDir }) {
  const files = fs.readdirSync(path.join(import.meta.dirname, 'src')).filter((name) => name.endsWith('.test.ts'));
  const pepper = fs.readFileSync(path.join(dataDir, 'pepper'), 'utf8').trim();
  const database = await Database.open(databaseUrl, 1);
  const tenants = new TenantsRepository(database);
  const keys = {};
  for (const file of files) {
    keys[file] = newApiKey();
    await tenants.addKey(await tenants.ensureTenant(file.replace(/\W/g, '-')), keyStart(keys[file]), hashApiKey(keys[file], pepper));
  }
  await database.close();
  return keys;
}
