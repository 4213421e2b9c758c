import { onlyWord, parseArguments, UsageError } from '../arguments.js';
import { EXIT, type Command } from '../command.js';
import { jsonText } from '../json-text.js';
import { table } from '../table.js';

/** API keys, straight in the database: whoever has lost all of them needs none here. */
export const keys: Command = {
  name: 'keys',
  summary: 'make, list and revoke API keys in the database',
  words: ['create', 'list', 'revoke'],
  usage: `Usage: attune keys create [--tenant NAME] [--json]
       attune keys list [--tenant NAME] [--json]
       attune keys revoke START [--json]

Works on the database of ATTUNE_DATABASE_URL, or on the embedded one of the data directory.

create prints a new key of the tenant, which is made if there is none of the name. The key is printed this once:
the database holds its hash under ATTUNE_KEY_PEPPER, which all processes must share. list tells keys apart by the
eight characters behind their prefix. revoke takes those: the key is refused within five seconds, for good.

  --tenant NAME       tenant that the key belongs to (create: local when absent; list: all tenants)
  --json              print JSON`,
  async run(args, io) {
    const { values, positionals } = parseArguments(args, { tenant: { type: 'string' }, json: { type: 'boolean', default: false } });
    const [what, ...rest] = positionals;
    const { createKey, listKeys, revokeKeys } = await import('../keys.js');
    if (what === 'create' && rest.length === 0) {
      const tenant = values.tenant ?? 'local';
      const key = await createKey(tenant);
      io.stdout.write(values.json ? `${JSON.stringify({ tenant, api_key: key })}\n` : `${key}\n`);
    } else if (what === 'list' && rest.length === 0) {
      const found = await listKeys(values.tenant);
      const rows = found.map(({ start, tenant, created_at, revoked_at }) => [start, tenant, created_at, revoked_at ?? '']);
      io.stdout.write(values.json ? jsonText({ data: found }) : table(['start', 'tenant', 'created', 'revoked'], rows));
    } else if (what === 'revoke') {
      const revoked = await revokeKeys(
        onlyWord(rest, 'START')
          .replace(/^att_live_/, '')
          .slice(0, 8),
      );
      if (revoked.length === 0) throw new UsageError('No key that is still good begins so: see `attune keys list`.');
      const text = revoked.map(({ start, tenant }) => `The key ${start} of ${tenant} is revoked.\n`).join('');
      io.stdout.write(values.json ? jsonText({ data: revoked }) : text);
    } else throw new UsageError('keys knows create, list and revoke START.');
    return EXIT.ok;
  },
};
