import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type FreshDatabase, freshDatabase } from '@attune/testing';
import { Client, Metadata, type MethodDefinition, type ServiceError } from '@grpc/grpc-js';
import { pino } from 'pino';
import { hashApiKey, keyStart, newApiKey } from '../auth/api-key.js';
import { ApiKeys } from '../auth/api-keys.js';
import { FileBlobs } from '../blobs/file-blobs.js';
import { ArtifactsRepository } from '../database/artifacts.repository.js';
import { Database } from '../database/database.js';
import { JobsRepository } from '../database/jobs.repository.js';
import { MappingsRepository } from '../database/mappings.repository.js';
import { TenantsRepository } from '../database/tenants.repository.js';
import { WatchRepository } from '../database/watch.repository.js';
import { Engine } from '../engine/engine.js';
import { Metrics } from '../telemetry/metrics.js';
import { Doorbell } from '../watch/doorbell.js';
import { JobWatch } from '../watch/job-watch.js';
import { Calls } from './calls.js';
import type { GrpcCall } from './grpc-call.js';
import { GrpcServer } from './grpc-server.js';
import { clientCredentials, type GrpcTls } from './tls.js';

const PEPPER = 'pepper of the tests';

/** A tenant with a key, and servers that answer whatever calls a test registers; the engine never starts a process. */
export class DoorHouse {
  readonly metrics = new Metrics();
  readonly #watch: JobWatch;
  readonly #servers: GrpcServer[] = [];
  readonly #clients: Client[] = [];

  private constructor(
    readonly key: string,
    readonly tenantId: string,
    private readonly fresh: FreshDatabase,
    private readonly database: Database,
    private readonly bell: Doorbell,
    private readonly home: string,
  ) {
    this.#watch = new JobWatch(bell, new WatchRepository(database), pino({ level: 'silent' }));
  }

  static async build(): Promise<DoorHouse> {
    const fresh = await freshDatabase();
    const database = await Database.open(fresh.url);
    const tenants = new TenantsRepository(database);
    const key = newApiKey();
    const tenantId = await tenants.ensureTenant('house');
    await tenants.addKey(tenantId, keyStart(key), hashApiKey(key, PEPPER));
    const bell = new Doorbell(database, pino({ level: 'silent' }));
    return new DoorHouse(key, tenantId, fresh, database, bell, await mkdtemp(path.join(tmpdir(), 'attune-door-')));
  }

  callsOf(calls: readonly GrpcCall[]): Calls {
    return new Calls(calls, {
      keys: new ApiKeys(new TenantsRepository(this.database), PEPPER, this.metrics),
      engine: new Engine({ size: 1, memoryLimitMb: 64, threads: 1 }),
      blobs: new FileBlobs(path.join(this.home, 'blobs')),
      jobs: new JobsRepository(this.database),
      artifacts: new ArtifactsRepository(this.database),
      mappings: new MappingsRepository(this.database),
      watch: this.#watch,
      scratchDir: path.join(this.home, 'scratch'),
    });
  }

  /** A server on a port of its own. */
  async serve(calls: readonly GrpcCall[], tls?: GrpcTls): Promise<{ server: GrpcServer; port: number }> {
    const server = new GrpcServer(this.callsOf(calls), { tls, metrics: this.metrics, log: pino({ level: 'silent' }) });
    this.#servers.push(server);
    return { server, port: await server.listen('127.0.0.1', 0) };
  }

  client(port: number, tls?: GrpcTls, host = '127.0.0.1'): Client {
    const client = new Client(`${host}:${port}`, clientCredentials(tls));
    this.#clients.push(client);
    return client;
  }

  metadata(key: string | undefined = this.key): Metadata {
    const metadata = new Metadata();
    if (key) metadata.set('authorization', `Bearer ${key}`);
    return metadata;
  }

  /** Names of the scratch directories that calls have left. */
  async scratch(): Promise<string[]> {
    return readdir(path.join(this.home, 'scratch')).catch(() => []);
  }

  async close(): Promise<void> {
    for (const client of this.#clients) client.close();
    for (const server of this.#servers) await server.close();
    this.#watch.close();
    await this.bell.close();
    await this.database.close();
    await this.fresh.drop();
    await rm(this.home, { recursive: true });
  }
}

/** One call over the wire; rejects with the ServiceError. */
export function ask<Request, Response>(
  client: Client,
  { path: name, requestSerialize, responseDeserialize }: MethodDefinition<Request, Response>,
  request: Request,
  metadata: Metadata,
  options: { deadline?: number; onMetadata?: (metadata: Metadata) => void } = { deadline: Date.now() + 10_000 },
): Promise<Response> {
  return new Promise((resolve, reject) => {
    const { deadline, onMetadata } = options;
    const call = client.makeUnaryRequest(
      name,
      requestSerialize,
      responseDeserialize,
      request,
      metadata,
      deadline === undefined ? {} : { deadline },
      (error: ServiceError | null, answer?: Response) => (error ? reject(error) : resolve(answer!)),
    );
    if (onMetadata) call.on('metadata', onMetadata);
  });
}
