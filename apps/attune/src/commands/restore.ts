import { onlyWord, parseArguments } from '../arguments.js';
import { EXIT, type Command } from '../command.js';
import { jsonText } from '../json-text.js';
import { verificationText } from './verify.js';

/** Puts a backup back, and proves what came of it. */
export const restore: Command = {
  name: 'restore',
  summary: 'put a backup into an empty installation and verify it',
  usage: `Usage: attune restore FOLDER [--all] [--json]

Puts what attune backup has left in FOLDER into the data directory and the object store of this machine's settings,
which must be empty. Every file is proven by its hash; when one was altered nothing is restored. Then the database
recovers, rings and leases of the past are forgotten, and rows and objects are verified as attune verify does it. Exits with 1
when something is wrong. Start it with attune up: jobs that were open go on.

  --all               read and hash every object once more at the end
  --json              print what was restored and found as JSON`,
  async run(args, io) {
    const { values, positionals } = parseArguments(args, {
      all: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
    });
    const folder = onlyWord(positionals, 'FOLDER');
    const { runRestore } = await import('../backup.js');
    const { manifest, leases, uploads, verification } = await runRestore(folder, values.all, (message) => io.stderr.write(`${message}\n`));
    io.stdout.write(
      values.json
        ? jsonText({ stopped_at: manifest.stoppedAt, leases, uploads, verification })
        : `Restored as of ${manifest.stoppedAt}: ${leases} stages start again, ${uploads} unfinished uploads were forgotten.\n${verificationText(verification)}`,
    );
    return verification.faults.length === 0 ? EXIT.ok : EXIT.jobFailed;
  },
};
