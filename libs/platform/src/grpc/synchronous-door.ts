import { AppError } from '@attune/core';
import type { Request as HttpRequest } from 'express';
import { presentedKey } from '../auth/authentication.js';
import { requestId } from '../http/request-id.js';
import { Deadline } from '../watch/deadline.js';
import type { Caller, Calls } from './calls.js';
import type { DoorMethod } from './door-methods.js';
import { RemoteService } from './remote-service.js';
import type { GrpcTls } from './tls.js';

const DEADLINE_MS = 20_000;

/** Addresses of the services that other processes run: `host:port` or what gRPC resolves, such as `dns:///host:port`. */
export interface GrpcPeers {
  readonly validator: readonly string[];
  readonly harmonizer: readonly string[];
  readonly generator: readonly string[];
}

export interface DoorCaller extends Caller {
  /** Absent: 20 s. */
  readonly deadlineMs?: number;
}

/**
 * Asks a service for an answer that somebody waits for: the same handler directly when this process runs the service, else gRPC to the
 * addresses in the settings. Either way the service judges key, deadline and request by itself.
 */
export class SynchronousDoor {
  readonly #remotes: ReadonlyMap<string, RemoteService>;

  constructor(
    private readonly calls: Calls,
    peers: GrpcPeers,
    tls: GrpcTls | undefined,
  ) {
    this.#remotes = new Map(
      Object.entries(peers)
        .filter(([, addresses]) => (addresses as string[]).length > 0)
        .map(([service, addresses]) => [service, new RemoteService(addresses as string[], settingOf(service), tls)]),
    );
  }

  /** @throws AppError what the call throws; dependency_unavailable when nobody answers; overloaded when the deadline passes. */
  async call<Request, Response>(
    method: DoorMethod<Request, Response>,
    request: Request,
    { deadlineMs = DEADLINE_MS, ...caller }: DoorCaller,
  ): Promise<Response> {
    const local = this.calls.find(method.definition.path);
    if (local?.kind === 'unary') {
      const deadline = new Deadline(deadlineMs, caller.signal);
      try {
        return (await this.calls.perform(local, request, { ...caller, signal: deadline.signal })) as Response;
      } catch (error) {
        if (deadline.isOver) throw new AppError('overloaded', `the ${method.owner} has not answered in time`, { cause: error });
        throw error;
      } finally {
        deadline.close();
      }
    }
    const remote = this.#remotes.get(method.owner);
    if (remote === undefined)
      throw new AppError(
        'dependency_unavailable',
        `this process does not run the ${method.owner}; set ${settingOf(method.owner)} to the gRPC address of one that does`,
      );
    return remote.call(method, request, caller, Date.now() + deadlineMs);
  }

  close(): void {
    for (const remote of this.#remotes.values()) remote.close();
  }
}

/** The caller of an HTTP request as the synchronous door wants it: aborted when the client goes before it has its answer. */
export function callerOf(request: HttpRequest): Caller {
  const gone = new AbortController();
  request.res?.once('close', () => {
    if (request.res?.writableFinished === false) gone.abort(new AppError('stage.cancelled', 'the client has gone'));
  });
  return { key: presentedKey(request), requestId: requestId(request), signal: gone.signal };
}

function settingOf(service: string): string {
  return `ATTUNE_${service.toUpperCase()}_GRPC`;
}
