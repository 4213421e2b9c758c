import { AppError } from '@attune/core';
import { Server, ServerCredentials } from '@grpc/grpc-js';
import { HealthImplementation } from 'grpc-health-check';

/** The synchronous door of a process. Until a service has calls of its own it answers grpc.health.v1, natively. */
export class GrpcServer {
  readonly #server = new Server({ 'grpc.max_receive_message_length': 4 * 1024 * 1024, 'grpc.keepalive_time_ms': 30_000 });
  readonly #health: HealthImplementation;
  readonly #services: readonly string[];

  constructor(services: readonly string[]) {
    this.#services = ['', ...services];
    this.#health = new HealthImplementation(Object.fromEntries(this.#services.map((name) => [name, 'NOT_SERVING' as const])));
    this.#health.addToServer(this.#server);
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
    for (const name of this.#services) this.#health.setStatus(name, serving ? 'SERVING' : 'NOT_SERVING');
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
}
