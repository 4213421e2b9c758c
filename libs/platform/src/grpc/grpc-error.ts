import { AppError, errorCode, type ErrorPlace } from '@attune/core';
import { Metadata, type ServiceError, status } from '@grpc/grpc-js';
import { BadRequest, ErrorInfo } from './gen/google/rpc/error_details.js';
import { Status } from './gen/google/rpc/status.js';

const BY_STATUS: Record<number, status> = {
  400: status.INVALID_ARGUMENT,
  401: status.UNAUTHENTICATED,
  403: status.PERMISSION_DENIED,
  404: status.NOT_FOUND,
  409: status.FAILED_PRECONDITION,
  410: status.NOT_FOUND,
  412: status.FAILED_PRECONDITION,
  413: status.RESOURCE_EXHAUSTED,
  422: status.INVALID_ARGUMENT,
  429: status.RESOURCE_EXHAUSTED,
  502: status.UNAVAILABLE,
  503: status.UNAVAILABLE,
  507: status.RESOURCE_EXHAUSTED,
};
const PROBLEM_CODE = 'problem-code';
const DETAILS = 'grpc-status-details-bin';
const TYPE = 'type.googleapis.com/google.rpc.';

/**
 * An error as gRPC says it. The problem code travels in the trailing metadata `problem-code`, and with the places in the request as
 * google.rpc.Status in `grpc-status-details-bin`; a cause never travels.
 */
export function grpcError(error: unknown): { code: status; details: string; metadata: Metadata } {
  const known = error instanceof AppError ? error : new AppError('internal', 'Attune has failed');
  const code = known.code === 'deadline_exceeded' ? status.DEADLINE_EXCEEDED : (BY_STATUS[known.status] ?? status.INTERNAL);
  const metadata = new Metadata();
  metadata.set(PROBLEM_CODE, known.code);
  metadata.set(DETAILS, Buffer.from(Status.encode({ code, message: known.detail, details: detailsOf(known) }).finish()));
  return { code, details: known.detail, metadata };
}

/** What another process of ours has answered, as the error it was there. */
export function remoteError(error: ServiceError): AppError | undefined {
  const code = error.metadata?.get(PROBLEM_CODE)[0];
  if (code === undefined) return undefined;
  return new AppError(errorCode(String(code)), error.details, { errors: placesIn(error.metadata) });
}

function detailsOf({ code, errors }: AppError): Status['details'] {
  const info = ErrorInfo.encode({ reason: code, domain: 'attune', metadata: {} }).finish();
  const violations = errors.map((place) => ({ field: fieldOf(place), description: place.message, reason: place.code }));
  return [
    { type_url: `${TYPE}ErrorInfo`, value: Buffer.from(info) },
    ...(violations.length > 0
      ? [{ type_url: `${TYPE}BadRequest`, value: Buffer.from(BadRequest.encode({ field_violations: violations }).finish()) }]
      : []),
  ];
}

/** A JSON pointer starts with a slash or is empty; names of parameters and headers do neither. */
function fieldOf(place: ErrorPlace): string {
  return place.pointer ?? place.parameter ?? place.header ?? '';
}

function placesIn(metadata: Metadata): ErrorPlace[] {
  const [bytes] = metadata.get(DETAILS);
  if (!Buffer.isBuffer(bytes)) return [];
  return Status.decode(bytes)
    .details.filter(({ type_url }) => type_url === `${TYPE}BadRequest`)
    .flatMap(({ value }) => BadRequest.decode(value).field_violations)
    .map(({ field, description, reason }) => ({ pointer: field, code: reason, message: description }));
}
