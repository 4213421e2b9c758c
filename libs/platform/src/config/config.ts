import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import path from 'node:path';
import { AppError } from '@attune/core';
import { DEFAULT_INFLATED_LIMIT } from '@attune/formats';
import { z } from 'zod';
import { type OwnDestinations, ownDestinations } from '../egress/reachable.js';
import type { GrpcPeers } from '../grpc/synchronous-door.js';
import type { GrpcTls } from '../grpc/tls.js';
import { type BlobsConfig, readBlobsUrl } from './blobs-url.js';

const MiB = 1024 * 1024;
const port = z.coerce.number().int().min(0).max(65535);
const list = z
  .string()
  .default('')
  .transform((text) =>
    text
      .split(',')
      .map((part) => part.trim())
      .filter(Boolean),
  );
const pem = z
  .string()
  .regex(/^-----BEGIN [A-Z ]+-----/, 'a PEM text')
  .optional();
const count = z.coerce.number().int().min(1);
const quota = z.coerce.number().int().min(0);
const origins = z
  .string()
  .transform((text) => text.split(',').map((origin) => origin.trim()))
  .refine((list) => list.every(isOrigin), 'A list of origins with commas between them, as in https://a.example,https://b.example.');

/** Every setting of Attune. The description says what happens when the variable is absent. */
const Settings = z.strictObject({
  ATTUNE_DATA_DIR: z
    .string()
    .default('.attune')
    .describe('Directory of the embedded database, blobs, scratch and API key. Absent: .attune in the working directory.'),
  ATTUNE_HTTP_HOST: z.string().default('127.0.0.1').describe('Address the HTTP server binds to. Absent: loopback only.'),
  ATTUNE_HTTP_PORT: port.default(8080).describe('Port of the HTTP server; 0 takes a free one. Absent: 8080.'),
  ATTUNE_GRPC_HOST: z.string().default('127.0.0.1').describe('Address the gRPC server binds to. Absent: loopback only.'),
  ATTUNE_GRPC_PORT: port.default(0).describe('Port of the gRPC server. Absent: a free one.'),
  ATTUNE_VALIDATOR_GRPC: list.describe(
    'gRPC addresses of the validator, host:port or dns:///host:port, separated by commas. Absent: only a process that runs the validator itself can preview.',
  ),
  ATTUNE_HARMONIZER_GRPC: list.describe(
    'gRPC addresses of the harmonizer, as above. Absent: only a process that runs the harmonizer itself can suggest and test mappings.',
  ),
  ATTUNE_GENERATOR_GRPC: list.describe(
    'gRPC addresses of the generator, as above. Absent: only a process that runs the generator itself can generate samples.',
  ),
  ATTUNE_GRPC_TLS_CERT: pem.describe('Certificate (PEM) of the gRPC server, and of this process as a client. Absent: gRPC without TLS.'),
  ATTUNE_GRPC_TLS_KEY: pem.describe('Private key (PEM) of that certificate; needed with it. Absent: gRPC without TLS.'),
  ATTUNE_GRPC_TLS_CA: pem.describe(
    'Certificate authority (PEM) of the peers; with it, callers need a certificate (mTLS). Absent: callers need none.',
  ),
  ATTUNE_GRPC_TLS_ALLOW: list.describe(
    'Names (SAN) of certificates that may call, separated by commas. Absent: every certificate of the authority may.',
  ),
  ATTUNE_DATABASE_URL: z
    .url({ protocol: /^postgres(ql)?$/ })
    .optional()
    .describe('Postgres of the metadata. Absent: the embedded server under the data directory.'),
  ATTUNE_QUEUE_URL: z
    .url({ protocol: /^(postgres(ql)?|rediss?)$/ })
    .optional()
    .describe('BullMQ backend, postgres:// or redis://. Absent: the metadata database.'),
  ATTUNE_BLOBS_URL: z
    .url({ protocol: /^(file|s3)$/, hostname: /^[^\s]*$/ })
    .optional()
    .describe(
      'Blob store, file:///directory or s3://bucket/prefix?region=…&endpoint=…&path_style=true. Absent: blobs under the data directory.',
    ),
  ATTUNE_S3_ACCESS_KEY_ID: z
    .string()
    .optional()
    .describe('Access key of the bucket in ATTUNE_BLOBS_URL. Absent: the standard chain of AWS (environment, profile, role).'),
  ATTUNE_S3_SECRET_ACCESS_KEY: z.string().optional().describe('Secret of that access key; needed with it. Absent: as above.'),
  ATTUNE_S3_SESSION_TOKEN: z.string().optional().describe('Session token of a temporary access key. Absent: the key is none.'),
  ATTUNE_UPLOAD_LIMIT: count.default(16 * 1024 * MiB).describe('Largest upload in bytes. Absent: 16 GiB.'),
  ATTUNE_SSE_LIMIT: count.default(2000).describe('Streams of events one gateway keeps open; more are told to come back. Absent: 2000.'),
  ATTUNE_RATE_JOBS: quota.default(600).describe('Requests that create jobs, per API key and minute; 0 is no limit. Absent: 600.'),
  ATTUNE_RATE_API: quota.default(6000).describe('Other requests with an API key, per key and minute; 0 is no limit. Absent: 6000.'),
  ATTUNE_QUOTA_QUEUED_JOBS: quota
    .default(100_000)
    .describe('Jobs of one tenant that may wait for a worker, where nothing else was decided for it; 0 is no limit. Absent: 100000.'),
  ATTUNE_QUOTA_BYTES_PER_DAY: quota
    .default(0)
    .describe('Bytes that one tenant may send in a day (UTC), where nothing else was decided for it; 0 is no limit. Absent: no limit.'),
  ATTUNE_QUOTA_CONCURRENT_UPLOADS: quota
    .default(64)
    .describe('Uploads of one tenant that a gateway receives at once, where nothing else was decided for it; 0 is no limit. Absent: 64.'),
  ATTUNE_DISK_RESERVE_MB: quota
    .default(5120)
    .describe(
      'Space in MiB that uploads leave free on the disk of the data directory, or 15 % of it where that is less; 0 leaves none. Absent: 5120.',
    ),
  ATTUNE_SHED_LAG_MS: quota
    .default(1000)
    .describe(
      'Lag of the event loop (99th percentile of the last seconds) from which a gateway answers reads only; 0 never does. Absent: 1000 ms.',
    ),
  ATTUNE_CORS_ORIGINS: origins
    .optional()
    .describe('Origins whose pages may call the API, with commas between them. Absent: none but its own.'),
  ATTUNE_TRUST_PROXY: quota
    .default(0)
    .describe("Reverse proxies in front whose X-Forwarded-For and X-Forwarded-Proto count. Absent: 0, the peer's address counts."),
  ATTUNE_EGRESS_ALLOW: list
    .refine((entries) => ownDestinations(entries) !== undefined, 'A list of networks (10.0.0.0/8), addresses and host names.')
    .describe(
      'Networks (10.0.0.0/8), addresses and host names of your own that users may name in URLs: also when they are private, over http and at any port; separated by commas. Absent: only public addresses, over https.',
    ),
  ATTUNE_SLOTS: count
    .default(Math.min(10, availableParallelism()))
    .describe('Stages one worker service works on at once. Absent: one per core, at most 10.'),
  ATTUNE_ENGINE_PROCESSES: count
    .default(Math.min(4, availableParallelism()))
    .describe('Engine processes per Attune process. Absent: one per core, at most 4.'),
  ATTUNE_ENGINE_MEMORY_MB: count.default(192).describe("Limit of DuckDB's buffers in one engine process, in MiB. Absent: 192."),
  ATTUNE_DEDUP_MEMORY_MB: count
    .default(512)
    .describe(
      'What one engine process remembers different rows in, in MiB; about 24 million rows. Beyond it finding duplicates takes longer. Absent: 512.',
    ),
  ATTUNE_ENGINE_THREADS: count
    .default(Math.min(2, availableParallelism()))
    .describe("DuckDB's threads in one engine process. Absent: one per core, at most 2."),
  ATTUNE_REUSE: z
    .enum(['on', 'off'])
    .default('on')
    .describe(
      'Whether a job takes over what another job of its tenant has made of the same bytes by the same plan and version; on or off. Absent: on.',
    ),
  ATTUNE_SPLIT_FROM_MB: quota
    .default(1024)
    .describe(
      'Inputs of so many MiB are cut into slices that all harmonizers of a deployment decode at the same time; 0: never. Absent: 1024.',
    ),
  ATTUNE_SPLIT_WORKERS: count
    .default(4)
    .describe('Harmonizers that there have to be for that; fewer of them are not faster together than one. Absent: 4.'),
  ATTUNE_INFLATED_LIMIT: count
    .default(DEFAULT_INFLATED_LIMIT)
    .describe('Bytes that a gzip, zstd or zip container may inflate to, of all its members together. Absent: 2 GiB.'),
  ATTUNE_KEY_PEPPER: z
    .string()
    .min(16)
    .optional()
    .describe(
      'Secret under which API keys are hashed and cursors signed; the same for all processes. Absent: made once and kept in the data directory.',
    ),
  ATTUNE_OPERATORS: list.describe(
    'Names of the tenants whose keys may look after the whole installation, as to collect garbage, separated by commas. Absent: the local tenant of the all-in-one, and nobody in a split deployment.',
  ),
  ATTUNE_RETENTION_RAW_DAYS: quota
    .default(30)
    .describe(
      'Days that received bytes are kept after their last use, where a tenant has not decided otherwise; 0 is for ever. Absent: 30.',
    ),
  ATTUNE_RETENTION_RESULTS_DAYS: quota
    .default(90)
    .describe(
      'Days that a job is kept with its results after it has ended, where a tenant has not decided otherwise; 0 is for ever. Absent: 90.',
    ),
  ATTUNE_DRAIN_SECONDS: quota
    .default(0)
    .describe(
      'For so long a gateway that was told to stop goes on answering, while the balancer in front learns from /health/ready that it leaves. Absent: 0.',
    ),
  ATTUNE_CANARY_SECONDS: quota
    .default(0)
    .describe(
      'A job of a known result is submitted through the API of the leading gateway so often, and what came of it is a metric; 0 is never. Absent: 0.',
    ),
  ATTUNE_LOG_LEVEL: z.enum(['debug', 'info', 'warn', 'error']).default('info').describe('What is logged to standard output. Absent: info.'),
  ATTUNE_OTLP_URL: z.url().optional().describe('OTLP/HTTP collector that traces are sent to. Absent: no traces.'),
  ATTUNE_TRACE_RATIO: z.coerce
    .number()
    .min(0)
    .max(1)
    .default(0.1)
    .describe('Share of traces that are sent where the caller has not decided. Absent: 0.1.'),
  ATTUNE_URL: z.url().optional().describe('Where the CLI finds Attune. Absent: the running instance of the data directory.'),
  ATTUNE_API_KEY: z
    .string()
    .regex(/^[\x21-\x7e]*$/, 'one word')
    .optional()
    .describe('API key of the CLI; an empty file is none. Absent: the key in the data directory.'),
});

export interface Config {
  readonly dataDir: string;
  readonly http: { readonly host: string; readonly port: number };
  readonly grpc: { readonly host: string; readonly port: number; readonly peers: GrpcPeers; readonly tls: GrpcTls | undefined };
  readonly databaseUrl: string | undefined;
  readonly queueUrl: string | undefined;
  readonly blobs: BlobsConfig;
  readonly uploadLimitBytes: number;
  readonly sseLimit: number;
  /** Requests per API key and minute; 0 is no limit. */
  readonly rates: { readonly jobs: number; readonly api: number };
  /** What a tenant may take that nothing was decided for; null is no limit. */
  readonly quotas: { readonly queuedJobs: number | null; readonly bytesPerDay: number | null; readonly concurrentUploads: number | null };
  /** What uploads leave free on the disk of the data directory. */
  readonly diskReserveBytes: number;
  /** Lag of the event loop from which only reads are answered; 0 is never. */
  readonly shedLagMs: number;
  readonly corsOrigins: readonly string[];
  /** Reverse proxies in front that are believed. */
  readonly trustedProxies: number;
  /** What users may name in URLs beyond public addresses. */
  readonly egressAllow: OwnDestinations;
  readonly slots: number;
  /** Jobs take over what was made of the same before. */
  readonly reuse: boolean;
  /** Inputs of so many bytes are cut for several workers, where there are as many; 0 bytes: never. */
  readonly split: { readonly fromBytes: number; readonly workers: number };
  readonly engine: {
    readonly processes: number;
    readonly memoryLimitMb: number;
    readonly dedupBytes: number;
    readonly threads: number;
    readonly inflatedLimitBytes: number;
  };
  readonly keyPepper: string | undefined;
  /** Names of the tenants that may look after the whole installation; undefined where nobody was named. */
  readonly operators: readonly string[] | undefined;
  /** What holds where a tenant has not decided; null is for ever. */
  readonly retention: { readonly rawDays: number | null; readonly resultsDays: number | null };
  /** From being told to stop to taking no connection more. */
  readonly drainSeconds: number;
  /** Between two jobs of a known result; 0 is never. */
  readonly canarySeconds: number;
  readonly logLevel: 'debug' | 'info' | 'warn' | 'error';
  readonly otlpUrl: string | undefined;
  readonly traceRatio: number;
  /** Folder of the failpoints that tests arm; never of a process that was not started for tests. */
  readonly failpointsDir: string | undefined;
}

/**
 * Reads the environment once. `X_FILE` names a file that holds the value of X.
 * @throws AppError validation_failed naming the variables (never their values) that are unknown or wrong.
 */
export function readConfig(environment: NodeJS.ProcessEnv = process.env): Config {
  const settings = readSettings(environment);
  const dataDir = path.resolve(settings.ATTUNE_DATA_DIR);
  return {
    dataDir,
    http: { host: settings.ATTUNE_HTTP_HOST, port: settings.ATTUNE_HTTP_PORT },
    grpc: { host: settings.ATTUNE_GRPC_HOST, port: settings.ATTUNE_GRPC_PORT, peers: peersOf(settings), tls: tlsOf(settings) },
    databaseUrl: settings.ATTUNE_DATABASE_URL,
    queueUrl: settings.ATTUNE_QUEUE_URL,
    blobs: blobsOf(settings, dataDir),
    uploadLimitBytes: settings.ATTUNE_UPLOAD_LIMIT,
    sseLimit: settings.ATTUNE_SSE_LIMIT,
    rates: { jobs: settings.ATTUNE_RATE_JOBS, api: settings.ATTUNE_RATE_API },
    quotas: {
      queuedJobs: settings.ATTUNE_QUOTA_QUEUED_JOBS || null,
      bytesPerDay: settings.ATTUNE_QUOTA_BYTES_PER_DAY || null,
      concurrentUploads: settings.ATTUNE_QUOTA_CONCURRENT_UPLOADS || null,
    },
    diskReserveBytes: settings.ATTUNE_DISK_RESERVE_MB * MiB,
    shedLagMs: settings.ATTUNE_SHED_LAG_MS,
    corsOrigins: settings.ATTUNE_CORS_ORIGINS ?? [],
    trustedProxies: settings.ATTUNE_TRUST_PROXY,
    egressAllow: ownDestinations(settings.ATTUNE_EGRESS_ALLOW)!,
    slots: settings.ATTUNE_SLOTS,
    reuse: settings.ATTUNE_REUSE === 'on',
    split: { fromBytes: settings.ATTUNE_SPLIT_FROM_MB * MiB, workers: settings.ATTUNE_SPLIT_WORKERS },
    engine: {
      processes: settings.ATTUNE_ENGINE_PROCESSES,
      memoryLimitMb: settings.ATTUNE_ENGINE_MEMORY_MB,
      dedupBytes: settings.ATTUNE_DEDUP_MEMORY_MB * MiB,
      threads: settings.ATTUNE_ENGINE_THREADS,
      inflatedLimitBytes: settings.ATTUNE_INFLATED_LIMIT,
    },
    keyPepper: settings.ATTUNE_KEY_PEPPER,
    operators: settings.ATTUNE_OPERATORS.length > 0 ? settings.ATTUNE_OPERATORS : undefined,
    retention: { rawDays: settings.ATTUNE_RETENTION_RAW_DAYS || null, resultsDays: settings.ATTUNE_RETENTION_RESULTS_DAYS || null },
    drainSeconds: settings.ATTUNE_DRAIN_SECONDS,
    canarySeconds: settings.ATTUNE_CANARY_SECONDS,
    logLevel: settings.ATTUNE_LOG_LEVEL,
    otlpUrl: settings.ATTUNE_OTLP_URL,
    traceRatio: settings.ATTUNE_TRACE_RATIO,
    failpointsDir: failpointsOf(environment),
  };
}

/** Whoever can set one variable of a process that serves people must not be able to stop it at the worst moment. */
function failpointsOf({ TEST_FAILPOINTS: folder, NODE_ENV: purpose }: NodeJS.ProcessEnv): string | undefined {
  if (folder === undefined || folder === '') return undefined;
  if (purpose !== 'test') throw new AppError('validation_failed', 'TEST_FAILPOINTS is for tests only: it needs NODE_ENV=test');
  return path.resolve(folder);
}

function peersOf(settings: z.infer<typeof Settings>): GrpcPeers {
  return {
    validator: settings.ATTUNE_VALIDATOR_GRPC,
    harmonizer: settings.ATTUNE_HARMONIZER_GRPC,
    generator: settings.ATTUNE_GENERATOR_GRPC,
  };
}

function blobsOf(settings: z.infer<typeof Settings>, dataDir: string): BlobsConfig {
  if (settings.ATTUNE_BLOBS_URL === undefined) return { kind: 'files', directory: path.join(dataDir, 'blobs') };
  return readBlobsUrl(settings.ATTUNE_BLOBS_URL, {
    accessKeyId: settings.ATTUNE_S3_ACCESS_KEY_ID,
    secretAccessKey: settings.ATTUNE_S3_SECRET_ACCESS_KEY,
    sessionToken: settings.ATTUNE_S3_SESSION_TOKEN,
  });
}

function tlsOf(settings: z.infer<typeof Settings>): GrpcTls | undefined {
  const { ATTUNE_GRPC_TLS_CERT: cert, ATTUNE_GRPC_TLS_KEY: key, ATTUNE_GRPC_TLS_CA: ca, ATTUNE_GRPC_TLS_ALLOW: allow } = settings;
  if (cert !== undefined && key !== undefined) {
    if (allow.length > 0 && ca === undefined)
      throw new AppError('validation_failed', 'ATTUNE_GRPC_TLS_ALLOW needs ATTUNE_GRPC_TLS_CA: without it callers have no certificate');
    return { cert, key, ca, allow };
  }
  // Half of it must not mean none of it.
  if (cert !== undefined || key !== undefined || ca !== undefined || allow.length > 0)
    throw new AppError('validation_failed', 'ATTUNE_GRPC_TLS_CERT and ATTUNE_GRPC_TLS_KEY are needed for TLS, both of them');
  return undefined;
}

export interface CliSettings {
  readonly url: string | undefined;
  readonly apiKey: string | undefined;
  readonly dataDir: string;
  readonly httpPort: number;
}

/** What the command line needs to find a running Attune. */
export function cliSettings(environment: NodeJS.ProcessEnv = process.env): CliSettings {
  const settings = readSettings(environment);
  return {
    url: settings.ATTUNE_URL,
    // The file of a key that is still to be made is empty.
    apiKey: settings.ATTUNE_API_KEY || undefined,
    dataDir: path.resolve(settings.ATTUNE_DATA_DIR),
    httpPort: settings.ATTUNE_HTTP_PORT,
  };
}

/** Name, meaning and default of every variable, for the reference page and .env.example. */
export function describeSettings(): { name: string; description: string }[] {
  return Object.entries(Settings.shape).map(([name, schema]) => ({ name, description: schema.description ?? '' }));
}

function readSettings(environment: NodeJS.ProcessEnv): z.infer<typeof Settings> {
  const given: Record<string, string> = {};
  for (const [name, value] of Object.entries(environment)) {
    if (!name.startsWith('ATTUNE_') || value === undefined || value === '') continue;
    const fileOf = name.endsWith('_FILE') ? name.slice(0, -'_FILE'.length) : undefined;
    given[fileOf ?? name] = fileOf ? readSecret(name, value) : value;
  }
  const parsed = Settings.safeParse(given);
  if (parsed.success) return parsed.data;
  const faults = parsed.error.issues.map((issue) =>
    issue.code === 'unrecognized_keys' ? `unknown: ${issue.keys.join(', ')}` : `${issue.path.join('.')}: ${issue.message}`,
  );
  throw new AppError('validation_failed', `settings in the environment are not valid (${faults.join('; ')})`);
}

function readSecret(name: string, file: string): string {
  try {
    return readFileSync(file, 'utf8').trim();
  } catch (cause) {
    throw new AppError('validation_failed', `the file that ${name} names cannot be read`, { cause });
  }
}

function isOrigin(text: string): boolean {
  return URL.canParse(text) && new URL(text).origin === text;
}
