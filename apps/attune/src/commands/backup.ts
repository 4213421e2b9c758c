import type { Manifest } from '@attune/platform';
import { onlyWord, parseArguments } from '../arguments.js';
import { jsonText } from '../json-text.js';
import { EXIT, type Command } from '../command.js';

/** Copies everything that is stored, while it is in use. */
export const backup: Command = {
  name: 'backup',
  summary: 'copy the database and every object that it names, while jobs go on',
  usage: `Usage: attune backup FOLDER [--json]

Copies the embedded database of this machine's settings as of one moment, every object that it named in that moment,
and the secrets of the data directory into FOLDER, which must be empty. Attune may run meanwhile: jobs go on, and nothing
is removed until the copy is done. The file manifest.json comes last: a folder without it is no backup. Keep the folder as
safe as the data: it holds them. Exits with 1 when objects were damaged before, which are not in the backup then.

  --json              print what was copied as JSON`,
  async run(args, io) {
    const { values, positionals } = parseArguments(args, { json: { type: 'boolean', default: false } });
    const folder = onlyWord(positionals, 'FOLDER');
    const { runBackup } = await import('../backup.js');
    const manifest = await runBackup(folder, (message) => io.stderr.write(`${message}\n`));
    io.stdout.write(values.json ? jsonText(manifest) : textOf(manifest));
    return manifest.damaged === 0 ? EXIT.ok : EXIT.jobFailed;
  },
};

function textOf({ stoppedAt, files, objects, damaged }: Manifest): string {
  const whole = `Everything that was committed before ${stoppedAt} is in the backup: ${files.files} files of the database (${files.bytes} bytes), ${objects.files} objects (${objects.bytes} bytes).\n`;
  if (damaged === 0) return whole;
  return `${whole}${damaged} ${damaged === 1 ? 'object was' : 'objects were'} missing or altered before and left out; attune verify --all tells which.\n`;
}
