import { parseArguments } from '../arguments.js';
import { EXIT, type Command } from '../command.js';

/** Brings the schema of the configured database up to date; harmless when it already is. */
export const migrate: Command = {
  name: 'migrate',
  summary: 'bring the database schema up to date',
  usage: `Usage: attune migrate

Applies the migrations that the configured database lacks, and ends.`,
  async run(args) {
    parseArguments(args, {});
    const { runMigrate } = await import('../migrate.js');
    await runMigrate();
    return EXIT.ok;
  },
};
