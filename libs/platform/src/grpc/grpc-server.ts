import { mkdir, rm } from 'node:fs/promises';
import { randomUUID } from 'node:crypto';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { AppError } from '@attune/core';
import { type sendUnaryData, Server, ServerCredentials, type ServerUnaryCall, type ServiceDefinition } from '@grpc/grpc-js';
import { loadSync, type PackageDefinition } from '@grpc/proto-loader';
import { ReflectionService } from '@grpc/reflection';
import { HealthImplementation } from 'grpc-health-check';
import type { ApiKeys } from '../auth/api-keys.js';
import type { Engine } from '../engine/engine.js';
import { errorName, type Logger } from '../telemetry/logger.js';
import { type GrpcCall, grpcError } from './grpc-call.js';

const PROTO = fileURLToPath(new URL('../../../../proto/', import.meta.url));
const MESSAGE_BYTES = 4 * 1024 * 1024;

export interface GrpcParts {
  readonly keys: ApiKeys;
  readonly engine: Engine | undefined;
  readonly scratchDir: string;
  readonly log: Logger;
}

/** The synchronous door of a process: the services' calls, grpc.health.v1 and reflection. */
export class GrpcServer {
  readonly #server = new Server({ 'grpc.max_receive_message_length': MESSAGE_BYTES, 'grpc.keepalive_time_ms': 30_000 });
  readonly #health: HealthImplementation;
  readonly #names: readonly string[];

  constructor(
    calls: readonly GrpcCall[],
    private readonly parts: GrpcParts,
  ) {
    this.#names = ['', ...new Set(calls.map(({ service }) => service))];
    this.#health = new HealthImplementation(Object.fromEntries(this.#names.map((name) => [name, 'NOT_SERVING' as const])));
    this.#health.addToServer(this.#server);
    if (calls.length > 0) this.#register(calls);
  }

  /** Answers the port. @throws AppError dependency_unavailable when the address is taken. */
  async listen(host: string, port: number): Promise<number> {
    const bound = await new Promise<number>((resolve, reject) => {
      this.#server.bindAsync(`${host}:${port}`, ServerCredentials.createInsecure(), (error, actual) => {
        if (error)
          reject(
            new AppError('dependency_unavailable', `the gRPC address ${host}:${port} cannot be bound; set ATTUNE_GRPC_PORT`, {
              cause: error,
            }),
          );
        else resolve(actual);
      });
    });
    this.serving(true);
    return bound;
  }

  serving(serving: boolean): void {
    for (const name of this.#names) this.#health.setStatus(name, serving ? 'SERVING' : 'NOT_SERVING');
  }

  async close(): Promise<void> {
    this.serving(false);
    await new Promise<void>((resolve) => {
      const impatient = setTimeout(() => this.#server.forceShutdown(), 2_000);
      this.#server.tryShutdown(() => {
        clearTimeout(impatient);
        resolve();
      });
    });
  }

  #register(calls: readonly GrpcCall[]): void {
    const files = [...new Set(calls.map(({ proto }) => proto))];
    const definitions: PackageDefinition = loadSync(files, { includeDirs: [PROTO], keepCase: true, defaults: true, longs: Number });
    for (const name of this.#names.slice(1)) {
      const mine = calls.filter(({ service }) => service === name);
      this.#server.addService(
        definitions[name] as ServiceDefinition,
        Object.fromEntries(mine.map((call) => [call.method, this.#handler(call)])),
      );
    }
    new ReflectionService(definitions).addToServer(this.#server);
  }

  #handler(call: GrpcCall) {
    return (wire: ServerUnaryCall<unknown, object>, answer: sendUnaryData<object>): void => {
      this.#perform(call, wire).then(
        (response) => answer(null, response),
        (error: unknown) => {
          if (!(error instanceof AppError)) this.parts.log.error({ method: call.method, error: errorName(error) }, 'a call has failed');
          answer(grpcError(error));
        },
      );
    };
  }

  async #perform(call: GrpcCall, wire: ServerUnaryCall<unknown, object>): Promise<object> {
    const key = /^Bearer +(\S+)$/i.exec(String(wire.metadata.get('authorization')[0] ?? ''))?.[1];
    const tenantId = await this.parts.keys.tenantOf(key);
    if (this.parts.engine === undefined) throw new AppError('dependency_unavailable', 'this process has no engine');
    const deadline = Number(wire.getDeadline());
    if (!Number.isFinite(deadline)) throw new AppError('validation_failed', 'a call needs a deadline');
    const gone = new AbortController();
    wire.on('cancelled', () => gone.abort(new AppError('deadline_exceeded', 'the caller has gone or the deadline has passed')));
    const scratch = path.join(this.parts.scratchDir, `call-${randomUUID()}`);
    await mkdir(scratch, { recursive: true, mode: 0o700 });
    try {
      return await call.handle(wire.request, { tenantId, engine: this.parts.engine, signal: gone.signal, scratch });
    } finally {
      await rm(scratch, { recursive: true, force: true });
    }
  }
}
