import type { IncomingMessage } from 'node:http';
import type { Readable } from 'node:stream';
import { RESUBMIT_BYTES } from '@attune/api';
import { AppError } from '@attune/core';
import busboy from 'busboy';

const PLAIN = /^(?:text\/csv|application\/x-ndjson|application\/json)\s*(?:;|$)/i;
const FORM = /^multipart\/form-data\b/i;

/**
 * The bytes of a resubmission: the body itself, or the part `file` of a form.
 * @throws AppError unsupported_media, payload_too_large above 32 MiB, validation_failed
 */
export async function readMended(request: IncomingMessage): Promise<Uint8Array> {
  const type = request.headers['content-type'] ?? '';
  if (PLAIN.test(type)) return gathered(request);
  if (!FORM.test(type))
    throw new AppError('unsupported_media', 'send text/csv, application/x-ndjson, application/json or a form with a part named file');
  const parser = parserFor(request);
  try {
    return await new Promise<Uint8Array>((resolve, reject) => {
      const refuse = (error: unknown): void => reject(error instanceof Error ? error : new Error(String(error)));
      let file: Promise<Uint8Array> | undefined;
      parser.on('field', () => refuse(invalid('', 'unrecognized_keys', 'There is one part only, named file, with a file name.')));
      parser.on('file', (name, stream) => {
        stream.on('error', () => undefined);
        if (name === 'file' && file === undefined) {
          file = gathered(stream);
          file.catch(refuse);
        } else {
          stream.resume();
          refuse(invalid('', 'unrecognized_keys', 'There is one part only, named file.'));
        }
      });
      parser.on('error', (cause: unknown) =>
        refuse(new AppError('validation_failed', 'the body is not well-formed multipart/form-data', { cause })),
      );
      parser.on('close', () => {
        if (file === undefined) refuse(invalid('/file', 'required', 'Send the mended records as a part named file.'));
        else resolve(file);
      });
      request.on('aborted', () => refuse(new AppError('validation_failed', 'the body ended before its end')));
      request.pipe(parser);
    });
  } catch (error) {
    request.unpipe(parser);
    parser.destroy();
    throw error;
  }
}

async function gathered(source: Readable): Promise<Uint8Array> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  try {
    for await (const chunk of source as AsyncIterable<Buffer>) {
      bytes += chunk.length;
      if (bytes > RESUBMIT_BYTES)
        throw new AppError('payload_too_large', 'a resubmission holds at most 32 MiB; send the records in parts, one after the other');
      chunks.push(chunk);
    }
  } catch (cause) {
    throw cause instanceof AppError ? cause : new AppError('validation_failed', 'the body ended before its end', { cause });
  }
  return Buffer.concat(chunks);
}

function parserFor(request: IncomingMessage): busboy.Busboy {
  try {
    return busboy({ headers: request.headers, limits: { parts: 4, fieldSize: 1024 } });
  } catch (cause) {
    throw new AppError('validation_failed', 'the multipart boundary is missing or malformed', { cause });
  }
}

function invalid(pointer: string, code: string, message: string): AppError {
  return new AppError('validation_failed', message, { errors: [{ pointer, code, message }] });
}
