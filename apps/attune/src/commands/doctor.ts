import { parseArguments, UsageError } from '../arguments.js';
import { type Checkup, checkDataDirectory, checkKey, checkNode, checkServer, checkSpace } from '../checkup.js';
import { EXIT, type Command } from '../command.js';
import { openSession, SESSION_OPTIONS, SESSION_USAGE } from '../session.js';

/** Tells whether Attune can work here, and what to do where it cannot. */
export const doctor: Command = {
  name: 'doctor',
  summary: 'check this machine and the server, and say what to do',
  usage: `Usage: attune doctor [--json]

Checks Node, the data directory and its space, the server or the port it would take, and the API key. Exits
with 4 when something keeps Attune from working.

  --json              print the checks as JSON
${SESSION_USAGE}`,
  async run(args, io) {
    const { values, positionals } = parseArguments(args, { json: { type: 'boolean', default: false }, ...SESSION_OPTIONS });
    if (positionals.length > 0) throw new UsageError('doctor takes options only.');
    // A doctor asks once: what is not there now is the answer.
    const session = await openSession(io, { ...values, tries: 1 });
    const server = await checkServer(session, io.signal);
    const checkups: Checkup[] = [
      checkNode(process.versions.node),
      await checkDataDirectory(session.settings.dataDir),
      await checkSpace(session.settings.dataDir),
      ...server.checkups,
      await checkKey(session, server.answers, io.signal),
    ];
    const ready = checkups.every(({ state }) => state !== 'fail');
    if (values.json) io.stdout.write(`${JSON.stringify({ ready, checks: checkups }, null, 2)}\n`);
    else io.stdout.write(checkups.map(lineOf).join(''));
    return ready ? EXIT.ok : EXIT.notReady;
  },
};

function lineOf({ state, what, found, remedy }: Checkup): string {
  return `${state.padEnd(4)}  ${what}: ${found}${remedy === undefined ? '' : `\n      -> ${remedy}`}\n`;
}
