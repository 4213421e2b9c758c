import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { AttuneClient } from '@attune/api';
import {
  Database,
  hashApiKey,
  keyStart,
  newApiKey,
  openServices,
  readConfig,
  type RunningProcess,
  type Service,
  TenantsRepository,
} from '@attune/platform';
import { freshDatabase } from '@attune/testing';
import { type Logger, pino } from 'pino';
import request, { type Test } from 'supertest';
import { gateway } from './gateway.js';

type Method = 'get' | 'post' | 'put' | 'patch' | 'head' | 'delete';

/** A gateway on a database and a data directory of its own, with the keys of two tenants. */
export interface RunningGateway {
  readonly directory: string;
  readonly databaseUrl: string;
  readonly database: Database;
  readonly running: RunningProcess & { readonly pepper: string };
  /** Keys of the tenants `ours` and `theirs`. */
  readonly ours: string;
  readonly theirs: string;
  readonly call: (method: Method, route: string, key?: string) => Test;
  readonly clientOf: (key?: string) => AttuneClient;
  /** Starts one more gateway on the same database and directory; who starts it closes it. */
  readonly another: () => Promise<RunningProcess & { readonly pepper: string }>;
  readonly close: () => Promise<void>;
}

interface Given {
  readonly services?: readonly Service[];
  /** Beyond a data directory and free ports. */
  readonly settings?: Readonly<Record<string, string>> | ((directory: string) => Readonly<Record<string, string>>);
  readonly log?: Logger;
}

export async function startGateway({ services = [gateway], settings = {}, log }: Given = {}): Promise<RunningGateway> {
  const directory = mkdtempSync(path.join(tmpdir(), 'attune-gateway-'));
  const fresh = await freshDatabase();
  const config = readConfig({
    ATTUNE_DATA_DIR: directory,
    ATTUNE_HTTP_PORT: '0',
    ATTUNE_GRPC_PORT: '0',
    ...(typeof settings === 'function' ? settings(directory) : settings),
  });
  const start = (): ReturnType<typeof openServices> => openServices([...services], config, fresh.url, log ?? pino({ level: 'silent' }));
  const running = await start();
  const database = await Database.open(fresh.url);
  const tenants = new TenantsRepository(database);
  const keyOf = async (name: string): Promise<string> => {
    const key = newApiKey();
    await tenants.addKey(await tenants.ensureTenant(name), keyStart(key), hashApiKey(key, running.pepper));
    return key;
  };
  const [ours, theirs] = [await keyOf('ours'), await keyOf('theirs')];
  return {
    directory,
    databaseUrl: fresh.url,
    database,
    running,
    ours,
    theirs,
    call: (method, route, key = ours) => request(running.url)[method](route).set('Authorization', `Bearer ${key}`),
    clientOf: (key = ours) => new AttuneClient({ url: running.url, apiKey: key, fetch, newKey: randomUUID }),
    another: start,
    close: async () => {
      await running.close();
      await database.close();
      await fresh.drop();
      rmSync(directory, { recursive: true });
    },
  };
}
