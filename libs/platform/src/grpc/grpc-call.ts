import { AppError } from '@attune/core';
import { Metadata, type ServiceError, status } from '@grpc/grpc-js';
import type { Engine } from '../engine/engine.js';

/** What a call may use. It ends when the caller's deadline has passed or the caller has gone. */
export interface CallContext {
  readonly tenantId: string;
  readonly engine: Engine;
  readonly signal: AbortSignal;
  /** A directory of its own, removed afterwards. */
  readonly scratch: string;
}

/** One unary call of a service of proto/attune/v1; parsing the request is its first step. */
export interface GrpcCall {
  /** As in `attune.v1.Validator`. */
  readonly service: string;
  /** File under proto/. */
  readonly proto: string;
  readonly method: string;
  readonly handle: (request: unknown, context: CallContext) => Promise<object>;
}

const BY_STATUS: Record<number, status> = {
  400: status.INVALID_ARGUMENT,
  401: status.UNAUTHENTICATED,
  403: status.PERMISSION_DENIED,
  404: status.NOT_FOUND,
  409: status.FAILED_PRECONDITION,
  413: status.RESOURCE_EXHAUSTED,
  422: status.INVALID_ARGUMENT,
  503: status.UNAVAILABLE,
  507: status.RESOURCE_EXHAUSTED,
};

/** An error as gRPC says it; the problem code travels in the trailing metadata, a cause never does. */
export function grpcError(error: unknown): Partial<ServiceError> {
  const known = error instanceof AppError ? error : new AppError('internal', 'Attune has failed');
  const metadata = new Metadata();
  metadata.set('problem-code', known.code);
  return { code: BY_STATUS[known.status] ?? status.INTERNAL, details: known.detail, metadata };
}
