import { PROBLEM_MEDIA_TYPE, problemOf } from '@attune/api';
import { AppError, ERROR_KINDS, type ErrorCode } from '@attune/core';
import { type ArgumentsHost, Catch, type ExceptionFilter, HttpException, NotFoundException } from '@nestjs/common';
import type { Request, Response } from 'express';
import { errorName, type Logger } from '../telemetry/logger.js';
import { drain } from './drain.js';
import { requestId } from './request-id.js';

const RETRY_AFTER_SECONDS = 2;

/** Every error of every route as RFC 9457 problem+json: codes, ids and field names, never a value, a stack or a cause. */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  constructor(private readonly log: Logger) {}

  catch(thrown: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    const request = http.getRequest<Request>();
    const response = http.getResponse<Response>();
    const error = asAppError(thrown, request, response);
    // Who goes away while an answer is written is no failure of ours, and nobody is left to be told.
    if (response.headersSent && response.destroyed) return;
    if (error.status >= 500)
      this.log.error(
        { request_id: requestId(request), code: error.code, error: errorName(thrown), at: firstFrame(thrown) },
        'a request has failed',
      );
    if (response.headersSent) response.destroy();
    else void drain(request).then(() => sendProblem(request, response, error));
  }
}

function sendProblem(request: Request, response: Response, error: AppError): void {
  // A body that nobody will read must not keep the connection waiting.
  if (request.headers['transfer-encoding'] !== undefined || Number(request.headers['content-length'] ?? 0) > 0)
    response.setHeader('Connection', 'close');
  if (error.status === 401) response.setHeader('WWW-Authenticate', 'Bearer');
  if (error.retryable && !response.hasHeader('Retry-After')) response.setHeader('Retry-After', String(RETRY_AFTER_SECONDS));
  response
    .status(error.status)
    .type(PROBLEM_MEDIA_TYPE)
    .send(JSON.stringify(problemOf(error, { instance: request.path, requestId: requestId(request) })));
}

const BY_STATUS: Record<number, ErrorCode> = {
  400: 'validation_failed',
  401: 'unauthenticated',
  403: 'forbidden',
  404: 'not_found',
  405: 'method_not_allowed',
  413: 'payload_too_large',
  415: 'unsupported_media',
  431: 'header_too_large',
};

function asAppError(thrown: unknown, request: Request, response: Response): AppError {
  if (thrown instanceof AppError) return thrown;
  const allowed = thrown instanceof NotFoundException ? methodsOf(request) : [];
  if (allowed.length > 0) {
    response.setHeader('Allow', allowed.join(', '));
    return new AppError('method_not_allowed', `this path answers ${allowed.join(', ')}`);
  }
  // Nest's and Express's own errors carry a status; their messages may quote the request and stay here.
  const status = thrown instanceof HttpException ? thrown.getStatus() : (thrown as { status?: unknown } | null)?.status;
  const code = typeof status === 'number' ? (BY_STATUS[status] ?? (status < 500 ? 'validation_failed' : 'internal')) : 'internal';
  return new AppError(code, ERROR_KINDS[code].title, { cause: thrown });
}

interface Layer {
  readonly route?: { readonly methods: Readonly<Record<string, boolean>> };
  match(path: string): boolean;
}

/** Methods of the routes whose template fits the path; the router itself answers 404 for a wrong one. */
function methodsOf(request: Request): string[] {
  const { router } = request.app as unknown as { router?: { stack: readonly Layer[] } };
  const fitting = router?.stack.filter((layer) => layer.route !== undefined && layer.match(request.path)) ?? [];
  return [...new Set(fitting.flatMap(({ route }) => Object.keys(route!.methods).map((method) => method.toUpperCase())))];
}

function firstFrame(error: unknown): string | undefined {
  return error instanceof Error
    ? error.stack
        ?.split('\n')
        .find((line) => line.trimStart().startsWith('at '))
        ?.trim()
    : undefined;
}
