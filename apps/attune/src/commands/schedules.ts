import { CATCH_UPS, type FireBody, FIRE_OUTCOMES, type ScheduleBody, type ScheduledJob, SchedulesClient } from '@attune/api';
import { OPERATIONS, PRIORITY_CLASSES } from '@attune/core';
import { LIMIT_OPTION, limitOf, oneOf, onlyWord, parseArguments, UsageError } from '../arguments.js';
import { EXIT, type Command, type ExitCode, type Io } from '../command.js';
import { optionsFrom } from '../job-options.js';
import { JSON_OPTION, jsonText } from '../json-text.js';
import { openSession, SESSION_OPTIONS, SESSION_USAGE } from '../session.js';
import { table } from '../table.js';

const ACTIONS = { add, list, show, change, pause, resume, trigger, history, remove } as const satisfies Record<
  string,
  (args: readonly string[], io: Io) => Promise<ExitCode>
>;
const NAMES = Object.keys(ACTIONS) as (keyof typeof ACTIONS)[];
const CALENDAR_OPTIONS = {
  name: { type: 'string' },
  cron: { type: 'string' },
  'time-zone': { type: 'string' },
  'catch-up': { type: 'string' },
} as const;

/** Jobs that are made at times of the calendar. */
export const schedules: Command = {
  name: 'schedules',
  summary: 'jobs that are made at times of the calendar',
  usage: `Usage: attune schedules add INPUT --name TEXT --cron CRON [--time-zone ZONE] [--catch-up POLICY]
                            [--operation NAME] [--options JSON] [--priority CLASS] [--paused] [--json]
       attune schedules list [--limit N] [--json]
       attune schedules show|pause|resume|trigger ID [--json]
       attune schedules change ID [--name TEXT] [--cron CRON] [--time-zone ZONE] [--catch-up POLICY] [--json]
       attune schedules history ID [--outcome OUTCOME] [--limit N] [--json]
       attune schedules remove ID

INPUT is the id of a dataset (ds_…) or the sha256 of bytes that are here already.

  --cron CRON          five fields: minute, hour, day of the month, month, day of the week
  --time-zone ZONE     whose clock it is, as in Europe/Berlin (default UTC)
  --catch-up POLICY    what becomes of missed times: ${CATCH_UPS.join(', ')} (default last)
  --operation NAME     ${OPERATIONS.join(' or ')} (default ${OPERATIONS[0]})
  --options JSON       options of the job, or @FILE with them
  --priority CLASS     ${PRIORITY_CLASSES.join(' or ')} (default ${PRIORITY_CLASSES[0]})
  --paused             makes no jobs until it is resumed
  --outcome OUTCOME    ${FIRE_OUTCOMES.join(', ')}
  --limit N            how many, newest first (default 20, at most 200)
${SESSION_USAGE}

Example: attune schedules add ds_0197c0de-1111-7222-8333-444455556666 --name nightly --cron '30 2 * * *' --time-zone Europe/Berlin`,
  words: NAMES,
  async run([action, ...rest], io) {
    if (action === undefined) throw new UsageError(`One of ${NAMES.join(', ')} is missing.`);
    return ACTIONS[oneOf(action, NAMES, 'The word after schedules')](rest, io);
  },
};

async function clientOf(io: Io, flags: { readonly url?: string | undefined }): Promise<SchedulesClient> {
  const { url, apiKey } = await openSession(io, flags);
  return new SchedulesClient({ url, apiKey, fetch: io.fetch, newKey: () => crypto.randomUUID() });
}

const dueOf = ({ paused, next_due_at: due }: ScheduleBody): string => (paused ? 'paused' : (due ?? 'never'));

function inputOf(word: string): ScheduledJob['input'] {
  return /^[0-9a-f]{64}$/.test(word) ? { sha256: word } : { dataset_id: word };
}

interface CalendarFlags {
  readonly name?: string | undefined;
  readonly cron?: string | undefined;
  readonly 'time-zone'?: string | undefined;
  readonly 'catch-up'?: string | undefined;
}

/** What was said; what was not is left out. */
function calendarOf({ name, cron, 'time-zone': zone, 'catch-up': policy }: CalendarFlags) {
  return {
    ...(name === undefined ? {} : { name }),
    ...(cron === undefined ? {} : { cron }),
    ...(zone === undefined ? {} : { time_zone: zone }),
    ...(policy === undefined ? {} : { catch_up: oneOf(policy, CATCH_UPS, '--catch-up') }),
  };
}

async function add(args: readonly string[], io: Io): Promise<ExitCode> {
  const { values, positionals } = parseArguments(args, {
    ...CALENDAR_OPTIONS,
    operation: { type: 'string', default: OPERATIONS[0] },
    options: { type: 'string' },
    priority: { type: 'string', default: PRIORITY_CLASSES[0] },
    paused: { type: 'boolean', default: false },
    ...JSON_OPTION,
    ...SESSION_OPTIONS,
  });
  const input = inputOf(onlyWord(positionals, 'INPUT'));
  const { name, cron } = values;
  if (name === undefined || cron === undefined) throw new UsageError('--name and --cron are needed.');
  const job = {
    operation: oneOf(values.operation, OPERATIONS, '--operation'),
    input,
    options: await optionsFrom(values.options),
    priority_class: oneOf(values.priority, PRIORITY_CLASSES, '--priority'),
  };
  const asked = { ...calendarOf(values), name, cron, job, paused: values.paused };
  const made = await (await clientOf(io, values)).create(asked, { signal: io.signal });
  io.stdout.write(values.json ? jsonText(made) : `${made.schedule_id} ${dueOf(made)}\n`);
  return EXIT.ok;
}

async function list(args: readonly string[], io: Io): Promise<ExitCode> {
  const { values, positionals } = parseArguments(args, { ...LIMIT_OPTION, ...JSON_OPTION, ...SESSION_OPTIONS });
  if (positionals.length > 0) throw new UsageError('schedules list takes options only.');
  const page = await (await clientOf(io, values)).list({ limit: limitOf(values.limit) }, { signal: io.signal });
  if (values.json) io.stdout.write(jsonText(page));
  else if (page.data.length === 0)
    io.stdout.write('There is no schedule. Make one with: attune schedules add INPUT --name TEXT --cron CRON\n');
  else {
    const rows = page.data.map((one) => [one.schedule_id, one.cron, one.time_zone, dueOf(one), one.name]);
    io.stdout.write(table(['schedule', 'cron', 'time zone', 'next due', 'name'], rows));
  }
  return EXIT.ok;
}

function showText(schedule: ScheduleBody): string {
  const rows = [
    ['name', schedule.name],
    ['cron', schedule.cron],
    ['time zone', schedule.time_zone],
    ['next due', dueOf(schedule)],
    ['catch-up', schedule.catch_up],
    ['operation', schedule.job.operation],
    ['input', Object.values(schedule.job.input).join(' ')],
  ];
  return table(['schedule', schedule.schedule_id], rows);
}

async function show(args: readonly string[], io: Io): Promise<ExitCode> {
  const { values, positionals } = parseArguments(args, { ...JSON_OPTION, ...SESSION_OPTIONS });
  const schedule = await (await clientOf(io, values)).read(onlyWord(positionals, 'ID'), { signal: io.signal });
  io.stdout.write(values.json ? jsonText(schedule) : showText(schedule));
  return EXIT.ok;
}

async function change(args: readonly string[], io: Io): Promise<ExitCode> {
  const { values, positionals } = parseArguments(args, { ...CALENDAR_OPTIONS, ...JSON_OPTION, ...SESSION_OPTIONS });
  const asked = calendarOf(values);
  if (Object.keys(asked).length === 0) throw new UsageError('One of --name, --cron, --time-zone and --catch-up is needed.');
  const id = onlyWord(positionals, 'ID');
  const client = await clientOf(io, values);
  const { version } = await client.read(id, { signal: io.signal });
  const changed = await client.change(id, version, asked, { signal: io.signal });
  io.stdout.write(values.json ? jsonText(changed) : `${changed.schedule_id} ${dueOf(changed)}\n`);
  return EXIT.ok;
}

function pause(args: readonly string[], io: Io): Promise<ExitCode> {
  return turn(args, io, 'pause');
}

function resume(args: readonly string[], io: Io): Promise<ExitCode> {
  return turn(args, io, 'resume');
}

async function turn(args: readonly string[], io: Io, action: 'pause' | 'resume'): Promise<ExitCode> {
  const { values, positionals } = parseArguments(args, { ...JSON_OPTION, ...SESSION_OPTIONS });
  const turned = await (await clientOf(io, values))[action](onlyWord(positionals, 'ID'), { signal: io.signal });
  io.stdout.write(values.json ? jsonText(turned) : `${turned.schedule_id} ${dueOf(turned)}\n`);
  return EXIT.ok;
}

async function trigger(args: readonly string[], io: Io): Promise<ExitCode> {
  const { values, positionals } = parseArguments(args, { ...JSON_OPTION, ...SESSION_OPTIONS });
  const job = await (await clientOf(io, values)).trigger(onlyWord(positionals, 'ID'), { signal: io.signal });
  io.stdout.write(values.json ? jsonText(job) : `${job.job_id}\n`);
  return EXIT.ok;
}

const fireRow = ({ due_at, cause, outcome, job_id, job_status, problem_code, skipped_through }: FireBody): string[] => [
  due_at,
  cause,
  outcome,
  job_id ?? '-',
  job_status ?? problem_code ?? (skipped_through === null ? '-' : `through ${skipped_through}`),
];

async function history(args: readonly string[], io: Io): Promise<ExitCode> {
  const { values, positionals } = parseArguments(args, {
    outcome: { type: 'string' },
    ...LIMIT_OPTION,
    ...JSON_OPTION,
    ...SESSION_OPTIONS,
  });
  const id = onlyWord(positionals, 'ID');
  const outcome = values.outcome === undefined ? {} : { outcome: oneOf(values.outcome, FIRE_OUTCOMES, '--outcome') };
  const page = await (await clientOf(io, values)).history(id, { limit: limitOf(values.limit), ...outcome }, { signal: io.signal });
  if (values.json) io.stdout.write(jsonText(page));
  else if (page.data.length === 0) io.stdout.write('Nothing was due yet.\n');
  else io.stdout.write(table(['due', 'cause', 'outcome', 'job', 'what came of it'], page.data.map(fireRow)));
  return EXIT.ok;
}

async function remove(args: readonly string[], io: Io): Promise<ExitCode> {
  const { values, positionals } = parseArguments(args, SESSION_OPTIONS);
  await (await clientOf(io, values)).remove(onlyWord(positionals, 'ID'), { signal: io.signal });
  return EXIT.ok;
}
