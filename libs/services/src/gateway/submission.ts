import { createHash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Readable } from 'node:stream';
import {
  type JobOptionsRequest,
  type JobRequest,
  OperationRequest,
  parseJobOptions,
  parseRequest,
  DeadlineRequest,
  PriorityRequest,
  tellableName,
  WebhookUrl,
} from '@attune/api';
import { AppError, type Operation, type PriorityClass } from '@attune/core';
import busboy from 'busboy';

const LIMITS = { files: 1, fields: 20, fieldSize: 64 * 1024, parts: 25 };

export interface ReceivedFile {
  readonly sha256: string;
  readonly bytes: number;
  readonly key: string;
  readonly name: string | null;
}

export interface SubmissionRequest {
  readonly operation: Operation;
  readonly priority_class: PriorityClass;
  readonly deadline_at?: string | undefined;
  /** It may be a secret. */
  readonly webhook_url?: string | undefined;
  readonly options: JobOptionsRequest;
  readonly file: ReceivedFile;
}

type Receive = (source: Readable) => Promise<Omit<ReceivedFile, 'name'>>;

/**
 * Reads multipart/form-data with the parts `file`, `operation`, `options`, `priority_class`, `deadline_at` and `webhook_url` in any order; the
 * file streams straight into `receive`. `look` sees where the job is told of while the file still comes, and may refuse it.
 * @throws AppError unsupported_media, validation_failed, payload_too_large, unprocessable_file (an empty file)
 */
export async function readSubmission(
  request: IncomingMessage,
  receive: Receive,
  look: (webhookUrl: string) => Promise<void> = () => Promise.resolve(),
): Promise<SubmissionRequest> {
  const parser = parserFor(request);
  const fields = new Map<string, string>();
  const files: Promise<ReceivedFile>[] = [];
  try {
    await new Promise<void>((resolve, reject) => {
      const refuse = (error: unknown): void => reject(error instanceof Error ? error : new Error(String(error)));
      parser.on('field', (name, value, info) => {
        try {
          takeField(fields, name, value, info.valueTruncated);
          if (name === 'webhook_url') look(value).catch(refuse);
        } catch (error) {
          refuse(error);
        }
      });
      parser.on('file', (name, stream, info) => {
        // A parser that is destroyed ends its file with an error, maybe before `receive` listens; unheard it would end the process.
        stream.on('error', () => undefined);
        if (name !== 'file') {
          stream.resume();
          refuse(unknownPart(name));
          return;
        }
        const received = receive(stream).then((stored) => ({ ...stored, name: cleanName(info.filename) }));
        received.catch(refuse);
        files.push(received);
      });
      parser.on('filesLimit', () => refuse(invalid('/file', 'too_many', 'Send one part named file.')));
      parser.on('fieldsLimit', () => refuse(invalid('', 'too_many', 'There are too many parts.')));
      parser.on('partsLimit', () => refuse(invalid('', 'too_many', 'There are too many parts.')));
      parser.on('error', (cause: unknown) =>
        refuse(new AppError('validation_failed', 'the body is not well-formed multipart/form-data', { cause })),
      );
      parser.on('close', resolve);
      request.on('aborted', () => refuse(new AppError('validation_failed', 'the body ended before its end')));
      request.pipe(parser);
    });
    return await complete(fields, files);
  } catch (error) {
    request.unpipe(parser);
    parser.destroy();
    await Promise.allSettled(files);
    throw error;
  }
}

/**
 * sha256 of operation, options with their defaults in a fixed order, the file's hash or name, and, where they are given, a class that is not
 * the usual one, the deadline, and where the job is told of.
 */
export function fingerprintOf(submission: SubmissionRequest | JobRequest): string {
  const { operation, options, priority_class: priority, deadline_at: deadline, webhook_url: told } = submission;
  const what = [operation, options, 'file' in submission ? submission.file.sha256 : submission.input];
  // None of the three can be taken for another.
  const given = [priority === 'interactive' ? undefined : priority, deadline, told].filter((value) => value !== undefined);
  return fingerprintOfValue([...what, ...given]);
}

/** sha256 of a JSON value, whatever the order of its members. */
export function fingerprintOfValue(value: unknown): string {
  return createHash('sha256')
    .update(JSON.stringify(sorted(value)))
    .digest('hex');
}

function parserFor(request: IncomingMessage): busboy.Busboy {
  if (!/^multipart\/form-data\b/i.test(request.headers['content-type'] ?? ''))
    throw new AppError('unsupported_media', 'send multipart/form-data with a part named file, or application/json with a member input');
  try {
    return busboy({ headers: request.headers, limits: LIMITS, fileHwm: 1024 * 1024, highWaterMark: 1024 * 1024, defParamCharset: 'utf8' });
  } catch (cause) {
    throw new AppError('validation_failed', 'the multipart boundary is missing or malformed', { cause });
  }
}

function takeField(fields: Map<string, string>, name: string, value: string, truncated: boolean): void {
  if (!Object.hasOwn(FIELDS, name))
    throw name === 'file' ? invalid('/file', 'not_a_file', 'The part file has no file name.') : unknownPart(name);
  if (truncated) throw invalid(`/${name}`, 'too_big', 'The part is larger than 64 KiB.');
  if (fields.has(name)) throw invalid(`/${name}`, 'duplicate', 'The part was sent twice.');
  fields.set(name, value);
  // Refused at once: nobody wants to upload a gigabyte first.
  FIELDS[name]!(value);
}

async function complete(fields: Map<string, string>, files: readonly Promise<ReceivedFile>[]): Promise<SubmissionRequest> {
  const operation = parseOperation(fields.get('operation') ?? 'harmonize');
  const options = parseJobOptions(fields.get('options'));
  const priority = parsePriority(fields.get('priority_class') ?? 'interactive');
  const deadline = fields.get('deadline_at');
  const told = fields.get('webhook_url');
  const [file] = await Promise.all(files);
  if (!file) throw invalid('/file', 'required', 'Send the file to work on as a part named file.');
  if (file.bytes === 0)
    throw new AppError('unprocessable_file', 'the file is empty: it has 0 bytes', {
      errors: [{ pointer: '/file', code: 'empty', message: 'The file has 0 bytes.' }],
    });
  return {
    operation,
    priority_class: priority,
    options,
    file,
    ...(deadline === undefined ? {} : { deadline_at: parseDeadline(deadline) }),
    ...(told === undefined ? {} : { webhook_url: parseWebhookUrl(told) }),
  };
}

function parseOperation(value: string): Operation {
  return parseRequest(OperationRequest, value, { what: 'Part operation', base: '/operation' });
}

function parsePriority(value: string): PriorityClass {
  return parseRequest(PriorityRequest, value, { what: 'Part priority_class', base: '/priority_class' });
}

function parseDeadline(value: string): string {
  return parseRequest(DeadlineRequest, value, { what: 'Part deadline_at', base: '/deadline_at' });
}

function parseWebhookUrl(value: string): string {
  return parseRequest(WebhookUrl, value, { what: 'Part webhook_url', base: '/webhook_url' });
}

/** The parts beside the file. */
const FIELDS: Readonly<Record<string, (value: string) => unknown>> = {
  operation: parseOperation,
  options: parseJobOptions,
  priority_class: parsePriority,
  deadline_at: parseDeadline,
  webhook_url: parseWebhookUrl,
};

function invalid(pointer: string, code: string, message: string): AppError {
  return new AppError('validation_failed', message, { errors: [{ pointer, code, message }] });
}

function unknownPart(name: string): AppError {
  return invalid(
    `/${tellableName(name)}`,
    'unrecognized_keys',
    'There is no such part; the parts are file, operation, options, priority_class, deadline_at and webhook_url.',
  );
}

/** A name is data for people, not a path. */
export function cleanName(name: string | undefined): string | null {
  const last = name
    ?.split(/[\\/]/)
    .pop()
    ?.replace(/[\u0000-\u001f\u007f]/g, '')
    .slice(0, 255);
  return last ? last : null;
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, member]) => [key, sorted(member)]),
  );
}
