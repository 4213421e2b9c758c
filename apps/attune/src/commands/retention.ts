import { OperationsClient, type RetentionBody } from '@attune/api';
import { oneOf, onlyWord, parseArguments, UsageError } from '../arguments.js';
import { EXIT, type Command, type ExitCode, type Io } from '../command.js';
import { jsonText } from '../json-text.js';
import { openSession, SESSION_OPTIONS, SESSION_USAGE } from '../session.js';
import { table } from '../table.js';

const ACTIONS = { show, set, due, hold, release } as const satisfies Record<string, (args: readonly string[], io: Io) => Promise<ExitCode>>;
const NAMES = ['show', 'set', 'due', 'hold', 'release'] as const satisfies readonly (keyof typeof ACTIONS)[];

/** How long things are kept, and what a legal hold keeps for longer. */
export const retention: Command = {
  name: 'retention',
  summary: 'show or decide how long things are kept; lay or lift a legal hold',
  words: NAMES,
  usage: `Usage: attune retention show [--json]
       attune retention set [--raw-days N] [--results-days N] [--json]
       attune retention due [--within-days N] [--limit N] [--json]
       attune retention hold ID [--json]
       attune retention release ID [--json]

Received bytes go so many days after their last use, a job with its results so many days after it has ended. due
lists what goes, and when, and removes nothing. hold and release take the id of a job or of a dataset: while a
legal hold lies on it nothing removes it.

  --raw-days N        days that received bytes are kept, or "forever"; as it was where it is not given
  --results-days N    days that jobs are kept with their results, or "forever"
  --within-days N     what goes within so many days (default 0: what is due)
  --limit N           how many lines, the first to go first (default 50, at most 200)
  --json              print the answer of the server as JSON
${SESSION_USAGE}`,
  async run([action, ...rest], io) {
    if (action === undefined) throw new UsageError(`One of ${NAMES.join(', ')} is missing.`);
    return ACTIONS[oneOf(action, NAMES, 'The word after retention')](rest, io);
  },
};

const OPTIONS = { json: { type: 'boolean', default: false }, ...SESSION_OPTIONS } as const;

async function clientOf(io: Io, flags: { readonly url?: string | undefined }): Promise<OperationsClient> {
  const { url, apiKey } = await openSession(io, flags);
  return new OperationsClient({ url, apiKey, fetch: io.fetch });
}

async function show(args: readonly string[], io: Io): Promise<ExitCode> {
  const { values, positionals } = parseArguments(args, OPTIONS);
  if (positionals.length > 0) throw new UsageError('retention show takes options only.');
  const policy = await (await clientOf(io, values)).retention({ signal: io.signal });
  return print(io, values.json, policy, textOf(policy));
}

async function set(args: readonly string[], io: Io): Promise<ExitCode> {
  const { values, positionals } = parseArguments(args, { ...OPTIONS, 'raw-days': { type: 'string' }, 'results-days': { type: 'string' } });
  if (positionals.length > 0) throw new UsageError('retention set takes options only.');
  const [raw, results] = [daysOf('--raw-days', values['raw-days']), daysOf('--results-days', values['results-days'])];
  if (raw === undefined && results === undefined) throw new UsageError('--raw-days or --results-days is missing.');
  const client = await clientOf(io, values);
  const { version, raw_days, results_days } = await client.retention({ signal: io.signal });
  const decided = { raw_days: raw === undefined ? raw_days : raw, results_days: results === undefined ? results_days : results };
  const policy = await client.decideRetention(version, decided, { signal: io.signal });
  return print(io, values.json, policy, textOf(policy));
}

async function due(args: readonly string[], io: Io): Promise<ExitCode> {
  const { values, positionals } = parseArguments(args, {
    ...OPTIONS,
    'within-days': { type: 'string', default: '0' },
    limit: { type: 'string', default: '50' },
  });
  if (positionals.length > 0) throw new UsageError('retention due takes options only.');
  const query = { within_days: numberOf('--within-days', values['within-days']), limit: numberOf('--limit', values.limit) };
  const found = await (await clientOf(io, values)).retentionDue(query, { signal: io.signal });
  const lines = found.data.map(({ kind, id, due_at, bytes }) => [kind, id, String(bytes), due_at]);
  const text =
    found.total === 0 ? 'Nothing goes.\n' : `${table(['kind', 'id', 'bytes', 'goes'], lines)}${found.data.length} of ${found.total}\n`;
  return print(io, values.json, found, text);
}

function hold(args: readonly string[], io: Io): Promise<ExitCode> {
  return holdOrRelease(args, io, true);
}

function release(args: readonly string[], io: Io): Promise<ExitCode> {
  return holdOrRelease(args, io, false);
}

async function holdOrRelease(args: readonly string[], io: Io, held: boolean): Promise<ExitCode> {
  const { values, positionals } = parseArguments(args, OPTIONS);
  const id = onlyWord(positionals, 'ID');
  const client = await clientOf(io, values);
  const options = { signal: io.signal };
  const answer = await (id.startsWith('ds_') ? client.holdDataset(id, held, options) : client.holdJob(id, held, options));
  return print(io, values.json, answer, `${id} is ${held ? 'held' : 'released'}\n`);
}

function textOf({ raw_days: raw, results_days: results, version }: RetentionBody): string {
  const days = (count: number | null): string => (count === null ? 'for ever' : `for ${count} days`);
  return `Received bytes are kept ${days(raw)}, jobs and their results ${days(results)}${version === 0 ? ', as the installation says' : ''}.\n`;
}

function daysOf(name: string, text: string | undefined): number | null | undefined {
  if (text === undefined) return undefined;
  return text === 'forever' ? null : numberOf(name, text);
}

function numberOf(name: string, text: string): number {
  if (!/^\d{1,5}$/.test(text)) throw new UsageError(`${name} is a whole number.`);
  return Number(text);
}

function print(io: Io, json: boolean, answer: unknown, text: string): ExitCode {
  io.stdout.write(json ? jsonText(answer) : text);
  return EXIT.ok;
}
