import { AppError } from '@attune/core';
import type { Request } from 'express';

const TAG = /(W\/)?"([\x21\x23-\x7e\x80-\xff]*)"/g;

/** What If-Match asks for: whether the object with this tag (without its quotes) is one of those the caller has seen. */
export type Permits = (tag: string | number) => boolean;

/** The condition of If-Match, by strong comparison (RFC 9110, section 13.1.1); undefined without the header. */
export function ifMatch(request: Request): Permits | undefined {
  const given = request.header('if-match');
  if (given === undefined) return undefined;
  if (given.trim() === '*') return () => true;
  const tags = new Set([...given.matchAll(TAG)].filter(([, weak]) => weak === undefined).map(([, , tag]) => tag));
  return (tag) => tags.has(String(tag));
}

/** As `ifMatch`, for routes that change nothing unseen. @throws AppError precondition_required */
export function requireIfMatch(request: Request): Permits {
  const permits = ifMatch(request);
  if (permits) return permits;
  throw new AppError('precondition_required', 'send If-Match with the ETag that you have read', {
    errors: [{ header: 'If-Match', code: 'required', message: 'The ETag of the object that is to be changed.' }],
  });
}

/** Whether the caller has this representation already: If-None-Match by weak comparison (section 13.1.2). */
export function isKnown(request: Request, tag: string): boolean {
  const given = request.header('if-none-match');
  if (given === undefined) return false;
  return given.trim() === '*' || [...given.matchAll(TAG)].some(([, , known]) => known === tag);
}
