import { openAsBlob } from 'node:fs';
import { oneOf, parseArguments, onlyWord, UsageError } from '../arguments.js';
import { EXIT, type ExitCode, type Io } from '../command.js';
import { errorCodeOf } from '../error-code.js';
import { follow, FOLLOW_OPTIONS } from '../follow.js';
import { openSession, SESSION_OPTIONS } from '../session.js';

/** Writes the records that were set aside to where the output goes. */
export async function quarantine(args: readonly string[], io: Io): Promise<ExitCode> {
  const { values, positionals } = parseArguments(args, { format: { type: 'string', default: 'csv' }, ...SESSION_OPTIONS });
  const id = onlyWord(positionals, 'ID');
  const format = oneOf(values.format, ['csv', 'ndjson'], '--format');
  const { client } = await openSession(io, values);
  const { body } = await client.quarantineFile(id, format, { signal: io.signal });
  const decoder = new TextDecoder();
  for await (const chunk of (body ?? []) as AsyncIterable<Uint8Array>) io.stdout.write(decoder.decode(chunk, { stream: true }));
  io.stdout.write(decoder.decode());
  return EXIT.ok;
}

/** Sends mended records back; the job goes on with them. */
export async function resubmit(args: readonly string[], io: Io): Promise<ExitCode> {
  const { values, positionals } = parseArguments(args, { ...FOLLOW_OPTIONS, ...SESSION_OPTIONS });
  const [id, ...files] = positionals;
  if (id === undefined) throw new UsageError('ID is missing.');
  const path = onlyWord(files, 'FILE');
  const file = await openAsBlob(path).catch((error: unknown) => {
    if (errorCodeOf(error) === undefined) throw error;
    throw new UsageError(`${path} cannot be read.`, { cause: error });
  });
  const { client } = await openSession(io, values);
  return follow(client, await client.resubmit(id, file, { signal: io.signal }), values, io);
}
