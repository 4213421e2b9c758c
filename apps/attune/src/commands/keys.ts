import { parseArguments, UsageError } from '../arguments.js';
import { EXIT, type Command } from '../command.js';

/** API keys of an installation of several processes; the all-in-one makes its own. */
export const keys: Command = {
  name: 'keys',
  summary: 'make an API key for a tenant of the configured database',
  words: ['create'],
  usage: `Usage: attune keys create [--tenant NAME] [--json]

Makes the tenant if there is none of the name, and a new API key for it, and prints the key. It is printed this
once: the database holds its hash under ATTUNE_KEY_PEPPER, which all processes must share.

  --tenant NAME       tenant that the key belongs to (default: local)
  --json              print tenant and key as JSON`,
  async run(args, io) {
    const { values, positionals } = parseArguments(args, {
      tenant: { type: 'string', default: 'local' },
      json: { type: 'boolean', default: false },
    });
    if (positionals.length !== 1 || positionals[0] !== 'create') throw new UsageError('keys knows one thing: keys create.');
    const { createKey } = await import('../keys.js');
    const key = await createKey(values.tenant);
    io.stdout.write(values.json ? `${JSON.stringify({ tenant: values.tenant, api_key: key })}\n` : `${key}\n`);
    return EXIT.ok;
  },
};
