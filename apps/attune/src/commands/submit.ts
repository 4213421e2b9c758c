import { createHash } from 'node:crypto';
import { openAsBlob } from 'node:fs';
import { stat } from 'node:fs/promises';
import { basename } from 'node:path';
import type { AttuneClient } from '@attune/api';
import { OPERATIONS, PRIORITY_CLASSES } from '@attune/core';
import { onlyWord, oneOf, parseArguments, UsageError } from '../arguments.js';
import type { Command, Io } from '../command.js';
import { follow, FOLLOW_OPTIONS, FOLLOW_USAGE } from '../follow.js';
import { optionsFrom } from '../job-options.js';
import { openSession, SESSION_OPTIONS, SESSION_USAGE } from '../session.js';

/** A file beyond this is sent in pieces, so that a line that breaks costs one of them and not the whole. */
const WHOLE_BYTES = 64 * 1024 * 1024;

/** Uploads a file as a job, and follows it to its results if asked to. */
export const submit: Command = {
  name: 'submit',
  summary: 'upload a file as a job, follow it, fetch its results',
  usage: `Usage: attune submit FILE [options]

  --operation NAME    ${OPERATIONS.join(' or ')} (default ${OPERATIONS[0]})
  --options JSON      options of the job, or @FILE with them: remove_duplicates, standardize_fields,
                      validate_schema, output_formats, mapping
  --priority CLASS    ${PRIORITY_CLASSES.join(' or ')} (default ${PRIORITY_CLASSES[0]}): how large a share of the workers the job may claim
  --deadline TIME     RFC 3339, in UTC: a job that has not ended by then is expired
  --webhook-url URL   this job alone is told of there, signed with the secret of webhooks job-secret
  --resumable         send the file in pieces, over lines that break; files beyond 64 MiB always are
  --direct            send the file past Attune to its object store, in parts at once; exit with a problem where it takes none
  --upload ID         go on with an upload of the same file that was stopped
${FOLLOW_USAGE}
${SESSION_USAGE}

Example: attune submit people.csv --wait --out cleaned --options '{"output_formats":["csv","ndjson"]}'`,
  async run(args, io) {
    const { values, positionals } = parseArguments(args, {
      operation: { type: 'string', default: OPERATIONS[0] },
      options: { type: 'string' },
      priority: { type: 'string', default: PRIORITY_CLASSES[0] },
      deadline: { type: 'string' },
      'webhook-url': { type: 'string' },
      resumable: { type: 'boolean', default: false },
      direct: { type: 'boolean', default: false },
      upload: { type: 'string' },
      ...FOLLOW_OPTIONS,
      ...SESSION_OPTIONS,
    });
    const path = onlyWord(positionals, 'FILE');
    const operation = oneOf(values.operation, OPERATIONS, '--operation');
    const priorityClass = oneOf(values.priority, PRIORITY_CLASSES, '--priority');
    const options = await optionsFrom(values.options);
    const file = await fileAt(path);
    const { client } = await openSession(io, values);
    const told = { operation, options, priorityClass, deadlineAt: values.deadline, webhookUrl: values['webhook-url'], signal: io.signal };
    const inPieces = values.direct || values.resumable || values.upload !== undefined || file.size > WHOLE_BYTES;
    const job = inPieces
      ? await client.submitReference({ ...told, input: { upload_id: await uploaded(client, file, path, values, io) } })
      : await client.submit({ ...told, file, name: basename(path) });
    io.stderr.write(`Submitted ${job.job_id}\n`);
    return follow(client, job, values, io);
  },
};

/** Sends the file in pieces; answers the upload. Whoever stops the command meanwhile can go on with it. */
async function uploaded(
  client: AttuneClient,
  file: Blob,
  path: string,
  { upload: begun, direct }: { readonly upload?: string | undefined; readonly direct: boolean },
  io: Io,
): Promise<string> {
  const options = {
    name: basename(path),
    ...(begun === undefined ? {} : { uploadId: begun }),
    signal: io.signal,
    onBegun: (upload: string) => io.stderr.write(`Uploading; after a stop, go on with ${direct ? '--direct ' : ''}--upload ${upload}\n`),
  };
  if (!direct) return (await client.upload(file, options)).upload_id;
  const stop = new AbortController();
  try {
    return (await client.uploadDirect(file, { ...options, keepOnFailure: true, sha256: sha256Of(file, stop.signal) })).upload_id;
  } finally {
    stop.abort();
  }
}

/** Reads the file once more than it is sent, while it is sent: the disk has it at hand then. */
async function sha256Of(file: Blob, signal: AbortSignal): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of file.stream()) {
    signal.throwIfAborted();
    hash.update(chunk as Uint8Array);
  }
  return hash.digest('hex');
}

/** A Blob that reads the file as it is sent: the file never lies in memory whole. */
async function fileAt(path: string): Promise<Blob> {
  try {
    if ((await stat(path)).isFile()) return await openAsBlob(path);
  } catch (cause) {
    throw new UsageError(`${path} cannot be read.`, { cause });
  }
  throw new UsageError(`${path} is not a file.`);
}
