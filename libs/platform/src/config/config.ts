import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import path from 'node:path';
import { AppError } from '@attune/core';
import { z } from 'zod';

const MiB = 1024 * 1024;
const port = z.coerce.number().int().min(0).max(65535);
const count = z.coerce.number().int().min(1);

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
  ATTUNE_DATABASE_URL: z
    .url({ protocol: /^postgres(ql)?$/ })
    .optional()
    .describe('Postgres of the metadata. Absent: the embedded server under the data directory.'),
  ATTUNE_QUEUE_URL: z
    .url({ protocol: /^(postgres(ql)?|rediss?)$/ })
    .optional()
    .describe('BullMQ backend, postgres:// or redis://. Absent: the metadata database.'),
  ATTUNE_BLOBS_URL: z
    .url({ protocol: /^file$/ })
    .optional()
    .describe('Blob store, file:///directory. Absent: blobs under the data directory.'),
  ATTUNE_UPLOAD_LIMIT: count.default(16 * 1024 * MiB).describe('Largest upload in bytes. Absent: 16 GiB.'),
  ATTUNE_SLOTS: count
    .default(Math.min(10, availableParallelism()))
    .describe('Stages one worker service works on at once. Absent: one per core, at most 10.'),
  ATTUNE_ENGINE_PROCESSES: count
    .default(Math.min(4, availableParallelism()))
    .describe('Engine processes per Attune process. Absent: one per core, at most 4.'),
  ATTUNE_ENGINE_MEMORY_MB: count.default(192).describe("Limit of DuckDB's buffers in one engine process, in MiB. Absent: 192."),
  ATTUNE_ENGINE_THREADS: count
    .default(Math.min(2, availableParallelism()))
    .describe("DuckDB's threads in one engine process. Absent: one per core, at most 2."),
  ATTUNE_KEY_PEPPER: z
    .string()
    .min(16)
    .optional()
    .describe(
      'Secret under which API keys are hashed and cursors signed; the same for all processes. Absent: made once and kept in the data directory.',
    ),
  ATTUNE_LOG_LEVEL: z.enum(['debug', 'info', 'warn', 'error']).default('info').describe('What is logged to standard output. Absent: info.'),
  ATTUNE_OTLP_URL: z.url().optional().describe('OTLP/HTTP collector that traces are sent to. Absent: no traces.'),
  ATTUNE_URL: z.url().optional().describe('Where the CLI finds Attune. Absent: the running instance of the data directory.'),
  ATTUNE_API_KEY: z.string().optional().describe('API key of the CLI. Absent: the key in the data directory.'),
});

export interface Config {
  readonly dataDir: string;
  readonly http: { readonly host: string; readonly port: number };
  readonly grpc: { readonly host: string; readonly port: number };
  readonly databaseUrl: string | undefined;
  readonly queueUrl: string | undefined;
  readonly blobsDir: string;
  readonly uploadLimitBytes: number;
  readonly slots: number;
  readonly engine: { readonly processes: number; readonly memoryLimitMb: number; readonly threads: number };
  readonly keyPepper: string | undefined;
  readonly logLevel: 'debug' | 'info' | 'warn' | 'error';
  readonly otlpUrl: string | undefined;
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
    grpc: { host: settings.ATTUNE_GRPC_HOST, port: settings.ATTUNE_GRPC_PORT },
    databaseUrl: settings.ATTUNE_DATABASE_URL,
    queueUrl: settings.ATTUNE_QUEUE_URL,
    blobsDir: settings.ATTUNE_BLOBS_URL ? decodeURIComponent(new URL(settings.ATTUNE_BLOBS_URL).pathname) : path.join(dataDir, 'blobs'),
    uploadLimitBytes: settings.ATTUNE_UPLOAD_LIMIT,
    slots: settings.ATTUNE_SLOTS,
    engine: {
      processes: settings.ATTUNE_ENGINE_PROCESSES,
      memoryLimitMb: settings.ATTUNE_ENGINE_MEMORY_MB,
      threads: settings.ATTUNE_ENGINE_THREADS,
    },
    keyPepper: settings.ATTUNE_KEY_PEPPER,
    logLevel: settings.ATTUNE_LOG_LEVEL,
    otlpUrl: settings.ATTUNE_OTLP_URL,
  };
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
    apiKey: settings.ATTUNE_API_KEY,
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
