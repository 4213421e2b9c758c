/** What kind of trouble a code is; decides whether anybody tries again (jobs.md, section 4: retry classes). */
export type ErrorClass = 'caller' | 'transient' | 'resource' | 'data' | 'crash' | 'cancelled' | 'deadline';

interface ErrorKind {
  /** HTTP status of the problem; job errors that never answer a request carry the status they would have in a preview. */
  readonly status: number;
  readonly class: ErrorClass;
  readonly title: string;
}

const kind = (status: number, errorClass: ErrorClass, title: string): ErrorKind => ({ status, class: errorClass, title });

/** Every code that may leave Attune: problems of HTTP and gRPC, and errors of jobs. One table, one page per code under /problems/. */
export const ERROR_KINDS = {
  validation_failed: kind(400, 'caller', 'The request is not valid'),
  cursor_invalid: kind(400, 'caller', 'The cursor was not issued for this list'),
  unauthenticated: kind(401, 'caller', 'A valid API key is required'),
  forbidden: kind(403, 'caller', 'The API key does not allow this'),
  not_found: kind(404, 'caller', 'There is no such thing here'),
  method_not_allowed: kind(405, 'caller', 'The method is not allowed here'),
  not_acceptable: kind(406, 'caller', 'The requested format was not produced'),
  conflict_state: kind(409, 'caller', 'The state of the object does not allow this'),
  idempotency_in_progress: kind(409, 'caller', 'The first request with this key is still being answered'),
  legal_hold: kind(409, 'caller', 'A legal hold keeps this'),
  result_not_ready: kind(409, 'caller', 'The result is not ready yet'),
  gone: kind(410, 'caller', 'The job was deleted'),
  precondition_failed: kind(412, 'caller', 'The object has changed since it was read'),
  payload_too_large: kind(413, 'caller', 'The body is larger than the limit'),
  range_invalid: kind(416, 'caller', 'The range lies outside of the content'),
  upload_locked: kind(423, 'transient', 'Another request is writing to the upload'),
  precondition_required: kind(428, 'caller', 'The request must say which version it changes'),
  rate_limited: kind(429, 'transient', 'Too many requests'),
  quota_exceeded: kind(429, 'transient', 'A quota of the tenant is used up'),
  header_too_large: kind(431, 'caller', 'The header fields are larger than the limit'),
  unsupported_media: kind(415, 'caller', 'The content type is not supported'),
  idempotency_mismatch: kind(422, 'caller', 'The key was used for a different request'),
  checksum_mismatch: kind(422, 'caller', 'The bytes do not match the given checksum'),
  unprocessable_file: kind(422, 'data', 'The file cannot be processed'),
  too_many_columns: kind(422, 'data', 'The header has more columns than the limit'),
  zip_bomb: kind(422, 'data', 'The container inflates beyond the limits'),
  encrypted_file: kind(422, 'data', 'The file is encrypted'),
  'container.corrupt': kind(422, 'data', 'The container is damaged or cut short'),
  encoding: kind(422, 'data', 'The text encoding is not supported'),
  mapping_invalid: kind(422, 'caller', 'The mapping does not fit the data'),
  address_refused: kind(422, 'caller', 'The address may not be asked from here'),
  source_refused: kind(422, 'caller', 'The address does not give the file'),
  source_failed: kind(502, 'transient', 'The address did not deliver the file'),
  expression_invalid: kind(422, 'caller', 'The expression is not valid'),
  'plan.unresolved': kind(422, 'data', 'The plan names something that is not registered'),
  'quarantine.limit': kind(422, 'data', 'More records were quarantined than the plan allows'),
  'rules.fatal': kind(422, 'data', 'A rule of severity fatal has failed'),
  poison_input: kind(422, 'data', 'The input crashes the engine'),
  attempts_exhausted: kind(500, 'crash', 'All attempts have failed'),
  deadline_exceeded: kind(500, 'deadline', 'The deadline of the job has passed'),
  artifact_corrupt: kind(500, 'crash', 'Stored bytes do not match their checksum'),
  'stage.fenced': kind(409, 'cancelled', 'Another worker has taken the stage over'),
  'stage.cancelled': kind(409, 'cancelled', 'The stage was cancelled'),
  'engine.failed': kind(500, 'crash', 'The engine has failed'),
  'engine.out_of_memory': kind(500, 'resource', 'The engine needs more memory than it may take'),
  internal: kind(500, 'crash', 'Attune has failed'),
  overloaded: kind(503, 'transient', 'Attune is busy'),
  dependency_unavailable: kind(503, 'transient', 'A dependency is not available'),
  storage_full: kind(507, 'resource', 'There is no space left'),
} as const satisfies Record<string, ErrorKind>;

export type ErrorCode = keyof typeof ERROR_KINDS;

/** Says where in a request the fault lies (RFC 9457 member `errors`). */
export interface ErrorPlace {
  readonly pointer?: string;
  readonly header?: string;
  readonly parameter?: string;
  readonly code: string;
  readonly message: string;
}

/**
 * The one error of Attune. `detail` holds ids, counts and field names, never a value of a record;
 * `cause` is for operators and never leaves the process.
 */
export class AppError extends Error {
  readonly code: ErrorCode;
  readonly detail: string;
  readonly errors: readonly ErrorPlace[];

  constructor(code: ErrorCode, detail: string, options: { cause?: unknown; errors?: readonly ErrorPlace[] } = {}) {
    super(`${code}: ${detail}`, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'AppError';
    this.code = code;
    this.detail = detail;
    this.errors = options.errors ?? [];
  }

  get status(): number {
    return ERROR_KINDS[this.code].status;
  }

  get errorClass(): ErrorClass {
    return ERROR_KINDS[this.code].class;
  }

  /** True when the same call may succeed later without a change by the caller. */
  get retryable(): boolean {
    return (
      this.errorClass === 'transient' ||
      this.errorClass === 'resource' ||
      this.code === 'idempotency_in_progress' ||
      this.code === 'result_not_ready'
    );
  }
}

/** Text from another process or table is a code of ours, or it is `internal`. */
export function errorCode(text: string): ErrorCode {
  return Object.hasOwn(ERROR_KINDS, text) ? (text as ErrorCode) : 'internal';
}
