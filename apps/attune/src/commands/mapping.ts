import { MappingsClient } from '@attune/api';
import { oneOf, onlyWord, parseArguments, UsageError } from '../arguments.js';
import { EXIT, type Command, type ExitCode, type Io } from '../command.js';
import { documentIn, keptId, readDocument, sourceOf, tryDocument } from '../mapping-document.js';
import { diffText, suggestionText, testText } from '../mapping-text.js';
import { JSON_OPTION, jsonText } from '../json-text.js';
import { openSession, SESSION_OPTIONS, SESSION_USAGE } from '../session.js';
import { table } from '../table.js';

const ACTIONS = { suggest, test, diff, list, show, save } as const satisfies Record<
  string,
  (args: readonly string[], io: Io) => Promise<ExitCode>
>;
const NAMES = ['suggest', 'test', 'diff', 'list', 'show', 'save'] as const satisfies readonly (keyof typeof ACTIONS)[];

/** Mappings as files and as the server keeps them. */
export const mapping: Command = {
  name: 'mapping',
  summary: 'suggest, try, compare and keep mappings of columns to fields',
  usage: `Usage: attune mapping suggest FILE [--entity NAME] [--json]
       attune mapping test FILE --mapping MAPPING [--json]
       attune mapping diff MAPPING MAPPING [--json]
       attune mapping list [--limit N] [--json]
       attune mapping show ID [--version N] [--json]
       attune mapping save MAPPING.json --name NAME [--id ID] [--json]

MAPPING is a file with a mapping document, as \`suggest --json\` prints it, or the id of one that the server keeps
(map_…, or map_…@VERSION). suggest reads a sample on this machine and sends nothing; so do test and diff with files.

  --entity NAME       what a record of the file is; found out when absent
  --mapping MAPPING   the mapping to try; test exits with 1 when a field refuses values
  --id ID             save as the next version of this mapping instead of a new one
  --limit N           how many mappings, newest first (default 20, at most 200)
${SESSION_USAGE}`,
  async run([action, ...rest], io) {
    if (action === undefined) throw new UsageError(`One of ${NAMES.join(', ')} is missing.`);
    return ACTIONS[oneOf(action, NAMES, 'The word after mapping')](rest, io);
  },
};

async function clientOf(io: Io, flags: { readonly url?: string | undefined }): Promise<MappingsClient> {
  const { url, apiKey } = await openSession(io, flags);
  return new MappingsClient({ url, apiKey, fetch: io.fetch });
}

async function suggest(args: readonly string[], io: Io): Promise<ExitCode> {
  const { values, positionals } = parseArguments(args, { entity: { type: 'string' }, ...JSON_OPTION });
  const path = onlyWord(positionals, 'FILE');
  const { decision } = await sourceOf(path, values.entity === undefined ? {} : { entity: values.entity });
  io.stdout.write(values.json ? jsonText(decision.mapping) : suggestionText(path, decision));
  return EXIT.ok;
}

async function test(args: readonly string[], io: Io): Promise<ExitCode> {
  const { values, positionals } = parseArguments(args, { mapping: { type: 'string' }, ...JSON_OPTION, ...SESSION_OPTIONS });
  const path = onlyWord(positionals, 'FILE');
  if (values.mapping === undefined) throw new UsageError('--mapping is missing.');
  const tried = await tryDocument(path, await documentIn(values.mapping, () => clientOf(io, values), io.signal));
  io.stdout.write(values.json ? jsonText(tried) : testText(tried));
  const refused = tried.quarantined > 0 || tried.fields.some(({ received, fits }) => fits < received);
  return refused ? EXIT.jobFailed : EXIT.ok;
}

async function diff(args: readonly string[], io: Io): Promise<ExitCode> {
  const { values, positionals } = parseArguments(args, { ...JSON_OPTION, ...SESSION_OPTIONS });
  const [before, after, ...more] = positionals;
  if (before === undefined || after === undefined || more.length > 0) throw new UsageError('Two mappings are compared.');
  const client = (): Promise<MappingsClient> => clientOf(io, values);
  const { diffMappings } = await import('@attune/pipeline');
  const found = diffMappings(await documentIn(before, client, io.signal), await documentIn(after, client, io.signal));
  io.stdout.write(values.json ? jsonText(found) : diffText(found));
  return EXIT.ok;
}

async function list(args: readonly string[], io: Io): Promise<ExitCode> {
  const { values, positionals } = parseArguments(args, { limit: { type: 'string', default: '20' }, ...JSON_OPTION, ...SESSION_OPTIONS });
  if (positionals.length > 0) throw new UsageError('mapping list takes options only.');
  if (!/^\d{1,3}$/.test(values.limit) || Number(values.limit) < 1 || Number(values.limit) > 200)
    throw new UsageError('--limit is 1 to 200.');
  const page = await (await clientOf(io, values)).list({ limit: Number(values.limit) }, { signal: io.signal });
  if (values.json) io.stdout.write(jsonText(page));
  else if (page.data.length === 0) io.stdout.write('No mapping is kept. Keep one with: attune mapping save MAPPING.json --name NAME\n');
  else {
    const rows = page.data.map(({ mapping_id, version, entity, name, created_at }) => [mapping_id, `${version}`, entity, name, created_at]);
    io.stdout.write(table(['mapping', 'version', 'entity', 'name', 'written'], rows));
  }
  return EXIT.ok;
}

async function show(args: readonly string[], io: Io): Promise<ExitCode> {
  const { values, positionals } = parseArguments(args, { version: { type: 'string' }, ...JSON_OPTION, ...SESSION_OPTIONS });
  const { id, version } = keptId(onlyWord(positionals, 'ID'), values.version);
  const kept = await (await clientOf(io, values)).read(id, version, { signal: io.signal });
  if (values.json) io.stdout.write(jsonText(kept.mapping));
  else {
    const rows = kept.mapping.fields.map(({ field, from, expression, constant }) => [
      field,
      expression ?? (constant === undefined ? from.map(({ name }) => name).join(' + ') : '(constant)'),
    ]);
    io.stdout.write(`${kept.mapping_id} version ${kept.version}: ${kept.entity}\n\n${table(['field', 'from'], rows)}`);
  }
  return EXIT.ok;
}

async function save(args: readonly string[], io: Io): Promise<ExitCode> {
  const { values, positionals } = parseArguments(args, {
    name: { type: 'string' },
    id: { type: 'string' },
    ...JSON_OPTION,
    ...SESSION_OPTIONS,
  });
  const document = await readDocument(onlyWord(positionals, 'MAPPING.json'));
  if (values.name === undefined && values.id === undefined) throw new UsageError('--name is missing.');
  const client = await clientOf(io, values);
  const latest = values.id === undefined ? undefined : await client.read(values.id, undefined, { signal: io.signal });
  const kept = { name: values.name ?? latest!.name, mapping: document };
  const saved = latest
    ? await client.revise(latest.mapping_id, latest.version, kept, { signal: io.signal })
    : await client.create(kept, { signal: io.signal });
  io.stdout.write(values.json ? jsonText(saved) : `${saved.mapping_id} version ${saved.version}\n`);
  return EXIT.ok;
}
