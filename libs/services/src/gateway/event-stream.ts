import { once } from 'node:events';
import { EVENT_MEDIA_TYPE } from '@attune/api';
import { AppError } from '@attune/core';
import { Deadline } from '@attune/platform';
import type { Request, Response } from 'express';

const HEARTBEAT_MS = 15_000;
/** What one connection may leave unread: half of it is waited for, for so long; whoever still reads slower is closed and resumes. */
const UNREAD_BYTES = 256 * 1024;
const PATIENCE_MS = 5_000;
/** After this time a client that was cut off comes back. */
const RETRY = 'retry: 3000\n\n';

interface Gauge {
  inc(): void;
  dec(): void;
}

/** The open streams of this process, which are so many at most. */
export class EventStreams {
  #open = 0;

  constructor(
    private readonly limit: number,
    private readonly gauge: Gauge,
  ) {}

  /**
   * Sends the frames as server-sent events (HTML standard, section 9.2) until they end, the client goes, or it reads too slowly.
   * The first frame is awaited before the headers, so that what is wrong is told as a problem. Without any frame the answer is 204,
   * which tells a browser not to come back.
   * @throws AppError overloaded beyond the limit.
   */
  async send(request: Request, response: Response, framesUntil: (gone: AbortSignal) => AsyncIterable<string>): Promise<void> {
    if (this.#open >= this.limit) throw new AppError('overloaded', `this process has ${this.limit} streams open; come back in a moment`);
    this.#open++;
    this.gauge.inc();
    const gone = new AbortController();
    const leave = (): void => gone.abort();
    response.once('close', leave);
    let heartbeat: NodeJS.Timeout | undefined;
    try {
      for await (const frame of framesUntil(gone.signal)) {
        heartbeat ??= begin(request, response);
        if (!write(response, frame) || !(await room(response, gone.signal))) return;
      }
      if (response.headersSent) response.end();
      else response.status(204).end();
    } finally {
      clearInterval(heartbeat);
      gone.abort();
      this.#open--;
      this.gauge.dec();
    }
  }
}

/** One event; without an id it is not resumed from. The data is one line of JSON. */
export function eventFrame(type: string, data: object, id?: number): string {
  return `event: ${type}\n${id === undefined ? '' : `id: ${id}\n`}data: ${JSON.stringify(data)}\n\n`;
}

function begin(request: Request, response: Response): NodeJS.Timeout {
  request.socket.setNoDelay(true);
  response.status(200).set({ 'Content-Type': EVENT_MEDIA_TYPE, 'X-Accel-Buffering': 'no', 'Cache-Control': 'no-store' });
  response.flushHeaders();
  write(response, RETRY);
  return setInterval(() => write(response, ': heartbeat\n\n'), HEARTBEAT_MS);
}

/** Waits until the client has read on. False when it does not. */
async function room(response: Response, gone: AbortSignal): Promise<boolean> {
  if (response.writableLength <= UNREAD_BYTES / 2) return true;
  const deadline = new Deadline(PATIENCE_MS, gone);
  const read = await once(response, 'drain', { signal: deadline.signal }).then(
    () => true,
    () => false,
  );
  deadline.close();
  if (!read) response.destroy();
  return read;
}

/** False when the client is gone or has left too much unread; then the connection is closed. */
function write(response: Response, text: string): boolean {
  if (response.destroyed || response.writableEnded) return false;
  response.write(text);
  if (response.writableLength <= UNREAD_BYTES) return true;
  response.destroy();
  return false;
}
