import { createHmac, timingSafeEqual } from 'node:crypto';
import { AppError } from '@attune/core';

/** What a cursor belongs to: it is of no use for another tenant, list or filter. */
export type CursorScope = readonly (string | undefined)[];

/** An opaque cursor: the last sort key, signed together with its scope. */
export function signCursor(pepper: string, scope: CursorScope, key: string): string {
  const body = Buffer.from(key).toString('base64url');
  return `${body}.${signature(pepper, scope, body)}`;
}

/** @throws AppError cursor_invalid for a cursor of another list, or none of ours. */
export function readCursor(pepper: string, scope: CursorScope, cursor: string): string {
  const [body = '', given = ''] = cursor.split('.');
  const expected = Buffer.from(signature(pepper, scope, body));
  const presented = Buffer.from(given);
  if (presented.length !== expected.length || !timingSafeEqual(presented, expected)) {
    throw new AppError('cursor_invalid', 'the cursor was not issued for this list', {
      errors: [{ parameter: 'cursor', code: 'invalid', message: 'Start the list again without a cursor.' }],
    });
  }
  return Buffer.from(body, 'base64url').toString();
}

/** Where a list by time of creation (milliseconds) and id goes on. */
export interface CreationPlace {
  readonly createdAt: number;
  readonly id: string;
}

/** The cursor behind the last row of a page; null when no other follows. */
export function signPlace(pepper: string, scope: CursorScope, last: CreationPlace | undefined): string | null {
  return last ? signCursor(pepper, scope, `${last.createdAt} ${last.id}`) : null;
}

/** Nothing at the beginning of the list. @throws AppError as `readCursor` */
export function readPlace(pepper: string, scope: CursorScope, cursor: string | undefined): { readonly after?: CreationPlace } {
  const [createdAt, id] = cursor ? readCursor(pepper, scope, cursor).split(' ') : [];
  return createdAt && id ? { after: { createdAt: Number(createdAt), id } } : {};
}

function signature(pepper: string, scope: CursorScope, body: string): string {
  return createHmac('sha256', pepper)
    .update(JSON.stringify([...scope.map((part) => part ?? null), body]))
    .digest('base64url');
}
