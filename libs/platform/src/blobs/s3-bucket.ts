import { createHash, randomUUID } from 'node:crypto';
import { S3, type S3ClientConfig } from '@aws-sdk/client-s3';
import { AppError } from '@attune/core';
import { translateS3 } from './s3-error.js';
import { StoreBreaker, StoreOutage } from './store-breaker.js';

/** Where the blobs lie. */
export interface S3Settings {
  readonly bucket: string;
  /** Before every key, without a slash at its ends; empty: none. */
  readonly prefix: string;
  /** Absent: AWS_REGION or the profile, as the SDK finds it. */
  readonly region: string | undefined;
  /** Absent: AWS. */
  readonly endpoint: string | undefined;
  readonly pathStyle: boolean;
  /** Absent: the standard chain of AWS (environment, profile, web identity, container, instance). */
  readonly credentials:
    { readonly accessKeyId: string; readonly secretAccessKey: string; readonly sessionToken: string | undefined } | undefined;
}

/** How long the store may take, in milliseconds. */
export interface S3Patience {
  readonly connectMs: number;
  /** From the beginning of a try to the beginning of its answer. */
  readonly answerMs: number;
  /** The same for copies and the end of an upload: the store works on gigabytes before it answers. */
  readonly workMs: number;
  /** Without one more byte of an answer. */
  readonly stallMs: number;
  /** How often a request is tried; pauses grow from 0.1 s (0.5 s when told to slow down), with full jitter. */
  readonly tries: number;
}

export const PATIENCE: S3Patience = { connectMs: 3_000, answerMs: 15_000, workMs: 120_000, stallMs: 15_000, tries: 5 };

/** Uploads whose hash is not known yet; what stays here longer than a day belongs to nobody. */
export const INCOMING = '.incoming';

export function interimKey(): string {
  return `${INCOMING}/${randomUUID()}`;
}

export interface CallOptions {
  readonly signal?: AbortSignal | undefined;
  /** The store works on gigabytes before it answers. */
  readonly isWork?: boolean;
}

interface SendOptions {
  readonly requestTimeout: number;
  readonly abortSignal?: AbortSignal;
}

/** One bucket: its client, its keys, and its errors in our words. */
export class S3Bucket {
  readonly client: S3;

  constructor(
    readonly settings: S3Settings,
    readonly patience: S3Patience,
    readonly breaker = new StoreBreaker(),
  ) {
    this.client = new S3(clientConfig(settings, patience));
    this.client.middlewareStack.add(
      (next, { commandName }) =>
        (args) => {
          const { headers, body } = args.request as { headers: Record<string, string>; body?: unknown };
          // A CRC-32 in a signed header, and TLS, watch over parts: a second SHA-256 of every byte would halve what an upload takes.
          if (Buffer.isBuffer(body)) headers['x-amz-content-sha256'] = 'UNSIGNED-PAYLOAD';
          // Servers that are older than the checksums of 2022 ask for this one here, and only here.
          if (commandName === 'DeleteObjectsCommand' && typeof body === 'string')
            headers['content-md5'] = createHash('md5').update(body).digest('base64');
          return next(args);
        },
      { step: 'build', name: 'bodyHashes' },
    );
  }

  /** The key in the bucket. */
  at(key: string): { Bucket: string; Key: string } {
    if (key.split('/').some((part) => part === '' || part === '.' || part === '..'))
      throw new AppError('internal', 'a blob key is not a plain path');
    return { Bucket: this.settings.bucket, Key: `${this.#before}${key}` };
  }

  /** Everything below a path, as lists ask for it; everything of ours for the empty one. */
  below(prefix: string): { Bucket: string; Prefix: string } {
    if (prefix !== '') return { Bucket: this.settings.bucket, Prefix: `${this.at(prefix).Key}/` };
    return { Bucket: this.settings.bucket, Prefix: this.#before };
  }

  /** Our key of a key in the bucket. */
  keyOf(key: string): string {
    return key.slice(this.#before.length);
  }

  /** One request with its retries, while the circuit of the store is closed. @throws AppError, or the reason of the signal */
  call<Answer>(ask: (s3: S3, options: SendOptions) => Promise<Answer>, options: CallOptions = {}): Promise<Answer> {
    return this.breaker.run(() => this.#send(ask, options));
  }

  async #send<Answer>(ask: (s3: S3, options: SendOptions) => Promise<Answer>, { signal, isWork }: CallOptions): Promise<Answer> {
    const requestTimeout = isWork ? this.patience.workMs : this.patience.answerMs;
    try {
      return await ask(this.client, { requestTimeout, ...(signal ? { abortSignal: signal } : {}) });
    } catch (error) {
      // A caller who goes away says nothing of the store; a time that has run out does.
      if (isTimeout(signal?.reason)) throw new StoreOutage('the blob store does not answer in time', { cause: signal?.reason });
      signal?.throwIfAborted();
      throw translateS3(error);
    }
  }

  get #before(): string {
    return this.settings.prefix === '' ? '' : `${this.settings.prefix}/`;
  }
}

const isTimeout = (reason: unknown): boolean => reason instanceof DOMException && reason.name === 'TimeoutError';

function clientConfig(
  { region, endpoint, pathStyle, credentials }: S3Settings,
  { connectMs, answerMs, tries }: S3Patience,
): S3ClientConfig {
  // Reading has its own watch; a slow reader must not end a connection. As many sockets as there are readers: one that waits for
  // another's end would wait for a client.
  const agent = { keepAlive: true, maxSockets: Infinity };
  return {
    ...(region === undefined ? {} : { region }),
    ...(endpoint === undefined ? {} : { endpoint }),
    ...(credentials === undefined
      ? {}
      : {
          credentials: {
            accessKeyId: credentials.accessKeyId,
            secretAccessKey: credentials.secretAccessKey,
            ...(credentials.sessionToken === undefined ? {} : { sessionToken: credentials.sessionToken }),
          },
        }),
    forcePathStyle: pathStyle,
    retryMode: 'standard',
    maxAttempts: tries,
    // We send our own; trailing checksums are stored as part of the body by servers that do not know them.
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    // It would take a new connection for each part.
    expectContinueHeader: false,
    requestHandler: {
      connectionTimeout: connectMs,
      requestTimeout: answerMs,
      throwOnRequestTimeout: true,
      socketTimeout: 0,
      httpAgent: agent,
      httpsAgent: agent,
    },
  };
}
