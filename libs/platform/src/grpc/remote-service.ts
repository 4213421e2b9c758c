import { AppError } from '@attune/core';
import { Client, Metadata, type ServiceError, status } from '@grpc/grpc-js';
import type { Caller } from './calls.js';
import { type DoorMethod, nameOf } from './door-methods.js';
import { remoteError } from './grpc-error.js';
import { clientCredentials, type GrpcTls } from './tls.js';
import { activeTraceparent } from '../telemetry/tracing.js';

const TRIES = 3;
const PAUSE_MS = 100;
const CHANNEL = {
  'grpc.keepalive_time_ms': 30_000,
  'grpc.initial_reconnect_backoff_ms': 100,
  'grpc.max_reconnect_backoff_ms': 5_000,
  'grpc.service_config': JSON.stringify({ loadBalancingConfig: [{ round_robin: {} }] }),
};

/** The processes of one service, by the addresses in a setting: each call goes to the next address, and by DNS to the next host. */
export class RemoteService {
  readonly #clients: readonly Client[];
  #next = 0;

  /** `setting` is the name of the variable, for whoever has to mend it. */
  constructor(
    addresses: readonly string[],
    private readonly setting: string,
    tls: GrpcTls | undefined,
  ) {
    this.#clients = addresses.map((address) => new Client(address, clientCredentials(tls), CHANNEL));
  }

  /** @throws AppError what the service threw; dependency_unavailable when nobody answers; overloaded when the deadline passes. */
  async call<Request, Response>(
    method: DoorMethod<Request, Response>,
    request: Request,
    caller: Caller,
    deadline: number,
  ): Promise<Response> {
    const tries = method.readOnly ? Math.max(TRIES, this.#clients.length) : 1;
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.#once(method, request, caller, deadline);
      } catch (error) {
        const { code } = error as ServiceError;
        if (code !== status.UNAVAILABLE || attempt === tries || caller.signal.aborted)
          throw this.#translate(error as ServiceError, method.owner, nameOf(method).service);
        await new Promise((resolve) => setTimeout(resolve, PAUSE_MS * attempt));
      }
    }
  }

  close(): void {
    for (const client of this.#clients) client.close();
  }

  #once<Request, Response>(
    { definition }: DoorMethod<Request, Response>,
    request: Request,
    { key, requestId, signal }: Caller,
    deadline: number,
  ): Promise<Response> {
    signal.throwIfAborted();
    const client = this.#clients[this.#next++ % this.#clients.length]!;
    const metadata = new Metadata();
    if (key !== undefined) metadata.set('authorization', `Bearer ${key}`);
    metadata.set('x-request-id', requestId);
    const traceparent = activeTraceparent();
    if (traceparent !== undefined) metadata.set('traceparent', traceparent);
    return new Promise<Response>((resolve, reject) => {
      const { path, requestSerialize, responseDeserialize } = definition;
      const call = client.makeUnaryRequest(
        path,
        requestSerialize,
        responseDeserialize,
        request,
        metadata,
        { deadline },
        (error, answer) => {
          signal.removeEventListener('abort', cancel);
          if (error) reject(error);
          else resolve(answer!);
        },
      );
      const cancel = (): void => call.cancel();
      signal.addEventListener('abort', cancel, { once: true });
    });
  }

  #translate(error: ServiceError, owner: string, service: string): unknown {
    if (!(error instanceof Error) || typeof error.code !== 'number') return error;
    return (
      remoteError(error) ??
      (error.code === status.DEADLINE_EXCEEDED || error.code === status.CANCELLED
        ? new AppError('overloaded', `the ${owner} has not answered in time`, { cause: error })
        : error.code === status.UNAVAILABLE || error.code === status.UNIMPLEMENTED
          ? new AppError('dependency_unavailable', `no process with ${service} answers at the address in ${this.setting}`, { cause: error })
          : error.code === status.RESOURCE_EXHAUSTED
            ? new AppError('payload_too_large', 'the request or its answer is larger than 4 MiB', { cause: error })
            : new AppError('internal', 'Attune has failed', { cause: error }))
    );
  }
}
