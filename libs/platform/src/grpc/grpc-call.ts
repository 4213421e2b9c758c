import type { BlobStore } from '../blobs/blob-store.js';
import type { ArtifactsRepository } from '../database/artifacts.repository.js';
import type { JobsRepository } from '../database/jobs.repository.js';
import type { MappingsRepository } from '../database/mappings.repository.js';
import type { Engine } from '../engine/engine.js';
import type { JobWatch } from '../watch/job-watch.js';
import type { DoorMethod } from './door-methods.js';

/** What every call may use. */
export interface CallerContext {
  readonly tenantId: string;
  /** The caller's own, or made here: the same in the logs of every process that the request went through. */
  readonly requestId: string;
  /** Aborted when the caller's deadline has passed or the caller has gone. */
  readonly signal: AbortSignal;
  readonly blobs: BlobStore;
  readonly jobs: JobsRepository;
  readonly artifacts: ArtifactsRepository;
  readonly mappings: MappingsRepository;
  readonly watch: JobWatch;
}

/** What a call with one answer may use besides. */
export interface CallContext extends CallerContext {
  readonly engine: Engine;
  /** A directory of its own, removed afterwards. */
  readonly scratch: string;
}

/** One call of the synchronous door that has one answer; its service registers it. */
export interface UnaryCall {
  readonly kind: 'unary';
  readonly method: DoorMethod<unknown, unknown>;
  readonly handle: (request: unknown, context: CallContext) => Promise<unknown>;
}

/** One call that answers as long as there is something to say. */
export interface StreamCall {
  readonly kind: 'stream';
  readonly method: DoorMethod<unknown, unknown>;
  readonly handle: (request: unknown, context: CallerContext) => AsyncIterable<unknown>;
}

export type GrpcCall = UnaryCall | StreamCall;

/** The request has the shape of its message; what lies in it is for the handler to judge. */
export function defineCall<Request, Response>(
  method: DoorMethod<Request, Response>,
  handle: (request: Request, context: CallContext) => Promise<Response>,
): UnaryCall {
  // Requests come out of the same definition that names their type, on both ways in.
  return { kind: 'unary', method, handle } as unknown as UnaryCall;
}

export function defineStream<Request, Response>(
  method: DoorMethod<Request, Response>,
  handle: (request: Request, context: CallerContext) => AsyncIterable<Response>,
): StreamCall {
  return { kind: 'stream', method, handle } as unknown as StreamCall;
}
