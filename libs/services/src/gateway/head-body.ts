import type { IncomingMessage } from 'node:http';
import type { Readable } from 'node:stream';
import { PREVIEW_BYTES } from '@attune/api';
import { AppError } from '@attune/core';
import busboy from 'busboy';

/** One part more than there may be, so that it is refused and not passed over. */
const LIMITS = { files: 2, fields: 1, parts: 3, fieldSize: 64, fileSize: PREVIEW_BYTES };

/**
 * The bytes of a body that is a file of at most 1 MiB: as application/octet-stream, or as the part `file` of multipart/form-data.
 * @throws AppError payload_too_large, unsupported_media, validation_failed, unprocessable_file (no byte at all)
 */
export async function readHead(request: IncomingMessage): Promise<Buffer> {
  const type = (request.headers['content-type'] ?? '').toLowerCase();
  const head = /^application\/octet-stream\s*(;|$)/.test(type)
    ? await readPlain(request)
    : /^multipart\/form-data\b/.test(type)
      ? await readPart(request)
      : undefined;
  if (head === undefined)
    throw new AppError('unsupported_media', 'send the bytes as application/octet-stream, or as the part file of multipart/form-data');
  if (head.length === 0) throw new AppError('unprocessable_file', 'the file is empty: it has 0 bytes');
  return head;
}

async function readPlain(request: IncomingMessage): Promise<Buffer> {
  if (Number(request.headers['content-length'] ?? 0) > PREVIEW_BYTES) throw tooLarge();
  return await new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    const take = (chunk: Buffer): void => {
      size += chunk.length;
      chunks.push(chunk);
      if (size <= PREVIEW_BYTES) return;
      request.off('data', take);
      reject(tooLarge());
    };
    request.on('data', take);
    request.once('end', () => resolve(Buffer.concat(chunks)));
    request.once('close', () => reject(endedEarly()));
  });
}

async function readPart(request: IncomingMessage): Promise<Buffer> {
  const parser = parserFor(request);
  try {
    return await new Promise<Buffer>((resolve, reject) => {
      let file: Buffer | undefined;
      let files = 0;
      const refuse = (): void => reject(invalid('There is one part, and it is the file, named file.'));
      parser.on('file', (name, stream) => {
        // A parser that is destroyed ends its file with an error; unheard it would end the process.
        stream.on('error', () => undefined);
        if (name !== 'file' || ++files > 1) {
          stream.resume();
          refuse();
          return;
        }
        stream.on('limit', () => reject(tooLarge()));
        collect(stream, (bytes) => (file = bytes));
      });
      for (const event of ['field', 'filesLimit', 'fieldsLimit', 'partsLimit'] as const) parser.on(event, refuse);
      parser.on('error', (cause: unknown) =>
        reject(new AppError('validation_failed', 'the body is not well-formed multipart/form-data', { cause })),
      );
      parser.on('close', () => (file === undefined ? refuse() : resolve(file)));
      request.once('aborted', () => reject(endedEarly()));
      request.pipe(parser);
    });
  } catch (error) {
    request.unpipe(parser);
    parser.destroy();
    throw error;
  }
}

function parserFor(request: IncomingMessage): busboy.Busboy {
  try {
    return busboy({ headers: request.headers, limits: LIMITS, defParamCharset: 'utf8' });
  } catch (cause) {
    throw new AppError('validation_failed', 'the multipart boundary is missing or malformed', { cause });
  }
}

function collect(stream: Readable, done: (bytes: Buffer) => void): void {
  const chunks: Buffer[] = [];
  stream.on('data', (chunk: Buffer) => chunks.push(chunk));
  stream.on('end', () => done(Buffer.concat(chunks)));
}

function tooLarge(): AppError {
  return new AppError('payload_too_large', 'a preview takes the first 1 MiB of a file at most');
}

function endedEarly(): AppError {
  return new AppError('validation_failed', 'the body ended before its end');
}

function invalid(message: string): AppError {
  return new AppError('validation_failed', message, { errors: [{ pointer: '/file', code: 'required', message }] });
}
