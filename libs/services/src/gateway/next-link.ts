import type { Request, Response } from 'express';

/** Names the next page of this very list (RFC 8288). */
export function nextLink(request: Request, response: Response, cursor: string): void {
  const { pathname, searchParams } = new URL(request.originalUrl, 'http://localhost');
  searchParams.set('cursor', cursor);
  response.set('Link', `<${pathname}?${searchParams.toString()}>; rel="next"`);
}
