import { AppError } from '@attune/core';
import type { NextFunction, Request, Response } from 'express';

const PATH = '/internal/drain';
/** What a proxy on this machine says of the request that it passes on. */
const PASSED_ON = ['forwarded', 'via', 'x-forwarded-for', 'x-forwarded-host', 'x-real-ip'];

/**
 * `POST /internal/drain`: whoever is about to stop this process says so, and the process tells its load balancer by its readiness.
 * For callers on this machine alone (a preStop hook); to everybody else the path is not there.
 */
export function drainDoor(drain: () => void) {
  return (request: Request, response: Response, next: NextFunction): void => {
    if (request.path !== PATH) return next();
    const direct = isLoopback(request.socket.remoteAddress) && !PASSED_ON.some((name) => name in request.headers);
    if (!direct || request.method !== 'POST') return next(new AppError('not_found', 'there is no such route'));
    drain();
    response.status(202).json({ status: 'draining' });
  };
}

function isLoopback(address: string | undefined): boolean {
  return address !== undefined && (address === '::1' || /^(::ffff:)?127\./.test(address));
}
