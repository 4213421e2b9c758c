import { type CollectionBody, OperationsClient } from '@attune/api';
import { parseArguments, UsageError } from '../arguments.js';
import { EXIT, type Command } from '../command.js';
import { jsonText } from '../json-text.js';
import { openSession, SESSION_OPTIONS, SESSION_USAGE } from '../session.js';
import { table } from '../table.js';

/** Removes what lies in the store and belongs to nothing. */
export const gc: Command = {
  name: 'gc',
  summary: 'remove stored objects that nothing names, or tell what would go',
  usage: `Usage: attune gc [--dry-run] [--json]

Marks stored objects that no dataset and no artifact names and that are older than a day, and removes those that
were marked a day ago or more. Attune does the same by itself once an hour. The key must be that of a tenant in
ATTUNE_OPERATORS; the local key of \`attune up\` is.

  --dry-run           tell what would be marked and removed, and change nothing
  --json              print the answer of the server as JSON
${SESSION_USAGE}`,
  async run(args, io) {
    const { values, positionals } = parseArguments(args, {
      'dry-run': { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
      ...SESSION_OPTIONS,
    });
    if (positionals.length > 0) throw new UsageError('gc takes options only.');
    const { url, apiKey } = await openSession(io, values);
    // What was not answered may still be under way.
    const client = new OperationsClient({ url, apiKey, fetch: io.fetch, tries: 1 });
    const collection = await client.collectGarbage({ dryRun: values['dry-run'], signal: io.signal });
    io.stdout.write(values.json ? jsonText(collection) : textOf(collection));
    return EXIT.ok;
  },
};

function textOf({ dry_run: dry, stored, objects, uploads, rows }: CollectionBody): string {
  const lines = objects.map(({ reason, marked, swept }) => [
    reason,
    String(marked.objects),
    String(marked.bytes),
    String(swept.objects),
    String(swept.bytes),
  ]);
  const done = dry ? 'would be removed' : 'removed';
  return `${table(['kind', 'marked', 'bytes', done, 'bytes'], lines)}Stored: ${stored.objects} objects, ${stored.bytes} bytes. Broken-off uploads ${done}: ${uploads}.
Rows ${done}: ${rows.idempotency_keys} idempotency keys, ${rows.rate_limits} counts of requests, ${rows.webhook_deliveries} deliveries to webhooks.
`;
}
