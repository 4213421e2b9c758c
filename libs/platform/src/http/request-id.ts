import { randomUUID } from 'node:crypto';
import type { NextFunction, Request, Response } from 'express';

const ids = new WeakMap<Request, string>();
const SAFE = /^[\w.:-]{1,128}$/;

/** Accepts a plain X-Request-Id or makes one; every answer carries it. */
export function assignRequestId(request: Request, response: Response, next: NextFunction): void {
  const given = request.header('x-request-id');
  const id = given !== undefined && SAFE.test(given) ? given : randomUUID();
  ids.set(request, id);
  response.setHeader('X-Request-Id', id);
  next();
}

export function requestId(request: Request): string {
  return ids.get(request) ?? 'unknown';
}
