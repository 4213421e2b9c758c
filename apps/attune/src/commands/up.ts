import { parseArguments } from '../arguments.js';
import { EXIT, type Command } from '../command.js';

/** The whole platform in one process, until it is stopped. */
export const up: Command = {
  name: 'up',
  summary: 'start the whole of Attune in this process',
  usage: `Usage: attune up

Starts gateway, validator, harmonizer and generator in one process. With nothing configured it keeps its
database and files under ./.attune (ATTUNE_DATA_DIR) and answers on port 8080 (ATTUNE_HTTP_PORT). The API key
is in the file api-key of that directory.`,
  async run(args) {
    parseArguments(args, {});
    const { runUp } = await import('../up.js');
    await runUp();
    return EXIT.ok;
  },
};
