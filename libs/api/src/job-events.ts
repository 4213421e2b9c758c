import { EventSourceParserStream } from 'eventsource-parser/stream';
import { ApiProblem, UnexpectedAnswer, Unreachable } from './api-problem.js';
import { EVENT_MEDIA_TYPE, ProgressEvent } from './event.api.js';
import { isTerminal, jobPaths } from './job.api.js';
import { LogLine } from './log.api.js';
import type { Transport } from './transport.js';

/** A numbered line of a job's history, or how far it is. */
export type JobEvent = { readonly kind: 'line'; readonly line: LogLine } | { readonly kind: 'progress'; readonly progress: ProgressEvent };

export interface Watching {
  /** Lines after this number only; 0 for all of them. */
  readonly after?: number;
  readonly signal?: AbortSignal;
}

/** Streams in a row that may end without a line before `watch` gives up: about a minute, in which a server can start again. */
const SILENT_STREAMS = 20;
const RECONNECT_MS = 3_000;

/**
 * Everything that happens to a job until it has ended, each line once and in order: a stream that is cut off goes on, at whatever
 * gateway answers, behind the last line that was read (Server-Sent Events, Last-Event-ID).
 */
export async function* watchJob(http: Transport, id: string, { after = 0, signal }: Watching): AsyncGenerator<JobEvent> {
  let last = after;
  let ended = false;
  for (let silent = 0; silent < SILENT_STREAMS; silent += 1) {
    try {
      for await (const event of stream(http, id, last, signal)) {
        if (event.kind === 'line') {
          last = event.line.seq;
          ended = ends(event.line);
          silent = 0;
        }
        yield event;
      }
      // A job that was resubmitted has ended before; the server ends the stream when it has ended for good.
      if (ended) return;
    } catch (error) {
      signal?.throwIfAborted();
      if (error instanceof ApiProblem ? !error.retryable : !(error instanceof Unreachable) && !(error instanceof TypeError)) throw error;
    }
    await http.pause(Math.min(RECONNECT_MS, 100 * 2 ** silent), signal);
  }
  throw new Unreachable(http.url, undefined);
}

function ends({ type, data }: LogLine): boolean {
  return type === 'job.status_changed' && typeof data['status'] === 'string' && isTerminal(data['status']);
}

async function* stream(http: Transport, id: string, last: number, signal: AbortSignal | undefined): AsyncGenerator<JobEvent> {
  const path = jobPaths(id).events;
  const headers = { accept: EVENT_MEDIA_TYPE, 'last-event-id': String(last) };
  const { body } = await http.send(path, { headers, signal });
  if (body === null) throw new UnexpectedAnswer(path, 'it has no body.');
  const messages = body.pipeThrough(new TextDecoderStream() as never).pipeThrough(new EventSourceParserStream());
  for await (const { event, data } of messages as unknown as AsyncIterable<{ event?: string; data: string }>) {
    const parsed = event === 'job.progress' ? ProgressEvent.safeParse(JSON.parse(data)) : LogLine.safeParse(JSON.parse(data));
    if (!parsed.success) throw new UnexpectedAnswer(path, 'an event is none of a job.');
    yield event === 'job.progress'
      ? { kind: 'progress', progress: parsed.data as ProgressEvent }
      : { kind: 'line', line: parsed.data as LogLine };
  }
}
