import { AppError, type ErrorCode, type ErrorPlace, ERROR_KINDS } from '@attune/core';
import { z } from 'zod';
import { openEnum } from './open-enum.js';

export const PROBLEM_MEDIA_TYPE = 'application/problem+json';

/** Where in the request the fault lies: a JSON pointer (RFC 6901), a header or a parameter of the query. */
export const ProblemPlace = z.object({
  pointer: z.string().optional(),
  header: z.string().optional(),
  parameter: z.string().optional(),
  code: z.string(),
  message: z.string(),
});

/** RFC 9457 problem details with our extension members. Never holds a value of a record nor a stack. */
export const ProblemBody = z.object({
  type: z.string(),
  title: z.string(),
  status: z.int().min(400).max(599),
  detail: z.string(),
  instance: z.string().optional(),
  code: openEnum(Object.keys(ERROR_KINDS) as ErrorCode[]),
  request_id: z.string(),
  retryable: z.boolean(),
  errors: z.array(ProblemPlace).optional(),
});
export type ProblemBody = z.infer<typeof ProblemBody>;

/** The problem that answers `error`; its `cause` stays in the process. `instance` is the path of the request, as `tellablePath` shows it. */
export function problemOf(error: AppError, request: { instance: string; requestId: string }): ProblemBody {
  return {
    type: `/problems/${error.code}`,
    title: ERROR_KINDS[error.code].title,
    status: error.status,
    detail: error.detail,
    instance: tellablePath(request.instance),
    code: error.code,
    request_id: request.requestId,
    retryable: error.retryable,
    ...(error.errors.length === 0 ? {} : { errors: error.errors.map((place) => ({ ...place })) }),
  };
}

/** Names where a place lies: inside a body, or in the query. */
export type PlaceKind = 'pointer' | 'parameter';

/**
 * What zod found, as places of a problem. Messages of zod name expectations and keys, not received values.
 * `base` is put before every pointer, as in `/options`.
 */
export function placesOf(error: z.ZodError, kind: PlaceKind = 'pointer', base = ''): ErrorPlace[] {
  return error.issues.flatMap((issue) => {
    const keys = issue.code === 'unrecognized_keys' ? issue.keys : [undefined];
    return keys.map((key) => {
      const path = [...issue.path, ...(key === undefined ? [] : [key])].map((part) =>
        typeof part === 'string' ? tellableName(part) : part,
      );
      const message = key === undefined ? issue.message : 'There is no such member.';
      return { [kind]: kind === 'pointer' ? base + pointerOf(path) : path.map(String).join('.'), code: issue.code, message };
    });
  });
}

/** Parses what came in through the door; throws `validation_failed` with the places. */
export function parseRequest<Schema extends z.ZodType>(
  schema: Schema,
  input: unknown,
  door: { what: string; kind?: PlaceKind; base?: string },
): z.output<Schema> {
  const parsed = schema.safeParse(input);
  if (parsed.success) return parsed.data;
  throw new AppError('validation_failed', `${door.what} is not valid.`, { errors: placesOf(parsed.error, door.kind, door.base) });
}

/** A name that a client has made up is told back only where it reads like one of ours: it could hold anything else. */
export function tellableName(name: string): string {
  return /^[a-z][a-z0-9_]{0,39}$/.test(name) ? name : '(name)';
}

/** A path told back: words of routes and ids; anything else that stands in it could hold a value. */
export function tellablePath(path: string): string {
  const segment = /^([a-z][a-z.$-]{0,31}|v1|([a-z]{2,4}_)?[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12})?$/;
  return path
    .split('/')
    .map((part) => (segment.test(part) ? part : '-'))
    .join('/')
    .slice(0, 256);
}

function pointerOf(path: readonly PropertyKey[]): string {
  return path.map((key) => `/${String(key).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
}
