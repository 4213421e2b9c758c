import cors from 'cors';
import type { NextFunction, Request, RequestHandler, Response } from 'express';
import helmet from 'helmet';

const YEAR_SECONDS = 31_536_000;

/** What an answer carries that scripts of another origin may want to read. */
const EXPOSED = [
  'Attune-Dataset-Id',
  'Content-Disposition',
  'Content-Range',
  'ETag',
  'Idempotent-Replayed',
  'Link',
  'Location',
  'Preference-Applied',
  'RateLimit',
  'RateLimit-Policy',
  'Repr-Digest',
  'Retry-After',
  'Tus-Extension',
  'Tus-Max-Size',
  'Tus-Resumable',
  'Tus-Version',
  'Upload-Expires',
  'Upload-Length',
  'Upload-Metadata',
  'Upload-Offset',
  'X-Request-Id',
];

const ACCEPTED = [
  'Authorization',
  'Content-Type',
  'Idempotency-Key',
  'If-Match',
  'If-None-Match',
  'If-Range',
  'Last-Event-ID',
  'Prefer',
  'Range',
  'Tus-Resumable',
  'Upload-Length',
  'Upload-Metadata',
  'Upload-Offset',
  'X-API-Key',
  'X-Request-Id',
  'traceparent',
];

/** What every answer says to browsers and caches: nothing here is for them to keep, frame or guess. Over TLS they are to stay with TLS. */
export function secureHeaders(): RequestHandler[] {
  const strict = helmet.strictTransportSecurity({ maxAge: YEAR_SECONDS, includeSubDomains: true });
  const always = headersOf(
    helmet({
      contentSecurityPolicy: { useDefaults: false, directives: { defaultSrc: ["'none'"], frameAncestors: ["'none'"] } },
      referrerPolicy: { policy: 'no-referrer' },
      xFrameOptions: { action: 'deny' },
      strictTransportSecurity: false,
    }),
  );
  return [
    (request: Request, response: Response, next: NextFunction) => {
      for (const [name, value] of always) response.setHeader(name, value);
      response.setHeader('Cache-Control', 'no-store');
      if (request.secure) strict(request, response, next);
      else next();
    },
  ];
}

/** What the handler sets: the same for every request, so it is asked once. */
function headersOf(handler: RequestHandler): readonly (readonly [string, string])[] {
  const set = new Map<string, string>();
  const response = { setHeader: (name: string, value: string) => set.set(name, value), removeHeader: (name: string) => set.delete(name) };
  handler({} as Request, response as unknown as Response, () => undefined);
  return [...set];
}

/** Answers to scripts of the listed origins, and their questions beforehand; without a list no other origin reads anything. */
export function crossOrigin(origins: readonly string[]): RequestHandler[] {
  if (origins.length === 0) return [];
  const answer = cors({
    origin: [...origins],
    methods: ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'],
    allowedHeaders: ACCEPTED,
    exposedHeaders: EXPOSED,
    maxAge: 600,
    optionsSuccessStatus: 204,
  });
  return [
    (request: Request, response: Response, next: NextFunction) => {
      // An OPTIONS that asks for no other method is one for a route (tus.io, section OPTIONS): the library takes every one for its own.
      const own = request.method === 'OPTIONS' && request.header('access-control-request-method') === undefined;
      if (own) next();
      else answer(request, response, next);
    },
  ];
}
