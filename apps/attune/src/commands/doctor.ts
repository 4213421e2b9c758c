import { readConfig } from '@attune/platform/config';
import { parseArguments, UsageError } from '../arguments.js';
import type { Checkup } from '@attune/platform';
import { checkDataDirectory, checkKey, checkNode, checkServer, checkSpace } from '../checkup.js';
import { EXIT, type Command, type ExitCode, type Io } from '../command.js';
import { jsonText } from '../json-text.js';
import { openSession, SESSION_OPTIONS, SESSION_USAGE } from '../session.js';

/** Tells whether Attune can work here, and what to do where it cannot. */
export const doctor: Command = {
  name: 'doctor',
  summary: 'check this machine and the server, and say what to do',
  words: ['s3'],
  usage: `Usage: attune doctor [s3] [--json]

Checks Node, the server or the port it would take, and the API key; where no server is named, the data directory
and its space; and where ATTUNE_DATABASE_URL is set, what every service looks at before it starts: database,
schema, clock and queue. Exits with 4 when something keeps Attune from working.

attune doctor s3 tries the bucket of ATTUNE_BLOBS_URL instead, in a place of its own that is empty afterwards:
write, read, range, multipart, copy, list, addresses for clients, abort and delete.

  --json              print the checks as JSON
${SESSION_USAGE}`,
  async run(args, io) {
    const { values, positionals } = parseArguments(args, { json: { type: 'boolean', default: false }, ...SESSION_OPTIONS });
    if (positionals.length === 1 && positionals[0] === 's3') {
      const { checkS3 } = await import('../own-servers.js');
      return report(checkS3(), values.json, io);
    }
    if (positionals.length > 0) throw new UsageError('doctor takes options only, or the word s3.');
    // A doctor asks once: what is not there now is the answer.
    const session = await openSession(io, { ...values, tries: 1 });
    const server = await checkServer(session, io.signal);
    const { dataDir, url } = session.settings;
    // Whoever names a server does not start one here.
    const isElsewhere = (values.url ?? url) !== undefined;
    const checkups: Checkup[] = [
      checkNode(process.versions.node),
      ...(isElsewhere ? [] : [await checkDataDirectory(dataDir), await checkSpace(dataDir)]),
      ...server.checkups,
      await checkKey(session, server.answers, io.signal),
    ];
    const { databaseUrl } = readConfig();
    if (databaseUrl !== undefined) checkups.push(...(await (await import('../own-servers.js')).checkDatabase(databaseUrl)));
    return report(checkups, values.json, io);
  },
};

/** Line by line as it comes; as JSON once it is whole. */
async function report(found: AsyncIterable<Checkup> | Iterable<Checkup>, json: boolean, io: Io): Promise<ExitCode> {
  const checks: Checkup[] = [];
  for await (const checkup of found) {
    checks.push(checkup);
    if (!json) io.stdout.write(lineOf(checkup));
  }
  const ready = checks.every(({ state }) => state !== 'fail');
  if (json) io.stdout.write(jsonText({ ready, checks }));
  return ready ? EXIT.ok : EXIT.notReady;
}

function lineOf({ state, what, found, remedy }: Checkup): string {
  return `${state.padEnd(4)}  ${what}: ${found}${remedy === undefined ? '' : `\n      -> ${remedy}`}\n`;
}
