import { AppError } from '@attune/core';

/** Bytes [start, end], both included. */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

const SINGLE = /^bytes=[\t ]*(?:(\d{1,15})-(\d{0,15})|-(\d{1,15}))[\t ]*$/i;

/**
 * The one range that the header asks for (RFC 9110, section 14.2). Undefined for no header, another unit, several ranges and what is
 * malformed: these are ignored and the whole content is sent.
 * @throws AppError range_invalid when it lies outside of the content.
 */
export function byteRange(header: string | undefined, bytes: number): ByteRange | undefined {
  const match = SINGLE.exec(header ?? '');
  if (!match) return undefined;
  const [, first, last, suffix] = match;
  if (suffix !== undefined) return satisfiable(Math.max(0, bytes - Number(suffix)), Number(suffix) === 0 ? -1 : bytes - 1, bytes);
  const start = Number(first);
  const end = last === '' ? bytes - 1 : Number(last);
  if (last !== '' && end < start) return undefined;
  return satisfiable(start, Math.min(end, bytes - 1), bytes);
}

function satisfiable(start: number, end: number, bytes: number): ByteRange {
  if (start < bytes && start <= end) return { start, end };
  throw new AppError('range_invalid', `the content has ${bytes} bytes`, {
    errors: [{ header: 'Range', code: 'unsatisfiable', message: `The content has ${bytes} bytes.` }],
  });
}
