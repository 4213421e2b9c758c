import { openAsBlob } from 'node:fs';
import { stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { OPERATIONS, PRIORITY_CLASSES } from '@attune/core';
import { onlyWord, oneOf, parseArguments, UsageError } from '../arguments.js';
import type { Command } from '../command.js';
import { follow, FOLLOW_OPTIONS, FOLLOW_USAGE } from '../follow.js';
import { optionsFrom } from '../job-options.js';
import { openSession, SESSION_OPTIONS, SESSION_USAGE } from '../session.js';

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
${FOLLOW_USAGE}
${SESSION_USAGE}

Example: attune submit people.csv --wait --out cleaned --options '{"output_formats":["csv","ndjson"]}'`,
  async run(args, io) {
    const { values, positionals } = parseArguments(args, {
      operation: { type: 'string', default: OPERATIONS[0] },
      options: { type: 'string' },
      priority: { type: 'string', default: PRIORITY_CLASSES[0] },
      deadline: { type: 'string' },
      ...FOLLOW_OPTIONS,
      ...SESSION_OPTIONS,
    });
    const path = onlyWord(positionals, 'FILE');
    const operation = oneOf(values.operation, OPERATIONS, '--operation');
    const priorityClass = oneOf(values.priority, PRIORITY_CLASSES, '--priority');
    const options = await optionsFrom(values.options);
    const file = await fileAt(path);
    const { client } = await openSession(io, values);
    const job = await client.submit({
      file,
      name: basename(path),
      operation,
      options,
      priorityClass,
      deadlineAt: values.deadline,
      signal: io.signal,
    });
    io.stderr.write(`Submitted ${job.job_id}\n`);
    return follow(client, job, values, io);
  },
};

/** A Blob that reads the file as it is sent: the file never lies in memory whole. */
async function fileAt(path: string): Promise<Blob> {
  try {
    if ((await stat(path)).isFile()) return await openAsBlob(path);
  } catch (cause) {
    throw new UsageError(`${path} cannot be read.`, { cause });
  }
  throw new UsageError(`${path} is not a file.`);
}
