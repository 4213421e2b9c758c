import { createServer, type IncomingMessage, STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import { randomUUID } from 'node:crypto';
import { PROBLEM_MEDIA_TYPE, problemOf } from '@attune/api';
import { AppError } from '@attune/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import type { NextFunction, Request, Response } from 'express';

const HEADERS_MS = 10_000;
const KEEP_ALIVE_MS = 75_000;
const HEADER_BYTES = 16 * 1024;
/** Whoever sends part of a body and then nothing is cut off (security.md, AC-F01). */
const IDLE_MS = 30_000;

/** Express on a server with bounds: header fields arrive within 10 s and fit into 16 KiB, and what cannot be read is a problem too. */
export class BoundedAdapter extends ExpressAdapter {
  override initHttpServer(): void {
    const options = {
      headersTimeout: HEADERS_MS,
      // Large uploads over slow lines are legal; a body's own reader bounds its time, and silence is bounded below.
      requestTimeout: 0,
      // Node looks only so often; its default would let half a minute pass.
      connectionsCheckingInterval: HEADERS_MS / 4,
      maxHeaderSize: HEADER_BYTES,
    };
    const server = createServer(options, this.getInstance<(request: IncomingMessage) => void>());
    // Longer than proxies keep an idle connection, so that none is closed under a request on its way.
    server.keepAliveTimeout = KEEP_ALIVE_MS;
    server.on('clientError', refuse);
    this.httpServer = server;
  }
}

/** Ends a connection whose body has stopped coming. */
export function closeIdleBodies(request: Request, _response: Response, next: NextFunction): void {
  const { socket } = request;
  if (request.headers['transfer-encoding'] !== undefined || Number(request.headers['content-length'] ?? 0) > 0) {
    const end = (): void => void socket.destroy();
    const done = (): void => {
      socket.setTimeout(0);
      socket.off('timeout', end);
    };
    socket.setTimeout(IDLE_MS);
    socket.once('timeout', end);
    request.once('end', done);
    request.once('close', done);
  }
  next();
}

/** Nobody upstairs has seen this request: the parser has given it up. */
function refuse(error: NodeJS.ErrnoException, socket: Duplex): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  const requestId = randomUUID();
  const problem = problemOf(problemFor(error.code), { instance: '/', requestId });
  const body = JSON.stringify(problem);
  const head = [
    `HTTP/1.1 ${problem.status} ${STATUS_CODES[problem.status]}`,
    `Content-Type: ${PROBLEM_MEDIA_TYPE}; charset=utf-8`,
    `Content-Length: ${Buffer.byteLength(body)}`,
    `X-Request-Id: ${requestId}`,
    'Cache-Control: no-store',
    'X-Content-Type-Options: nosniff',
    'Connection: close',
  ];
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`);
}

function problemFor(code: string | undefined): AppError {
  if (code === 'HPE_HEADER_OVERFLOW') return new AppError('header_too_large', 'the header fields are larger than 16 KiB');
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') return new AppError('validation_failed', 'the header fields did not arrive in time');
  return new AppError('validation_failed', 'this is not well-formed HTTP');
}
