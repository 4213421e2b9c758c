import { JOB_STATUSES } from '@attune/core';
import type { JobBody, LogLine } from '@attune/api';
import { oneOf, onlyWord, parseArguments, UsageError } from '../arguments.js';
import { EXIT, type Command, type ExitCode, type Io } from '../command.js';
import { follow, FOLLOW_OPTIONS, FOLLOW_USAGE } from '../follow.js';
import { openSession, SESSION_OPTIONS, SESSION_USAGE } from '../session.js';
import { table, visible } from '../table.js';

const ACTIONS = { ls: list, get, logs, cancel } as const satisfies Record<string, (args: readonly string[], io: Io) => Promise<ExitCode>>;
const NAMES = ['ls', 'get', 'logs', 'cancel'] as const satisfies readonly (keyof typeof ACTIONS)[];

/** Looks at jobs, and stops them. */
export const jobs: Command = {
  name: 'jobs',
  summary: 'list jobs; show, follow or cancel one',
  usage: `Usage: attune jobs ls [--status NAME] [--limit N] [--json]
       attune jobs get ID [--wait] [--out DIR] [--json]
       attune jobs logs ID [--json]
       attune jobs cancel ID [--json]

  --status NAME       only jobs of this status: ${JOB_STATUSES.join(', ')}
  --limit N           how many jobs, newest first (default 20, at most 200)
${FOLLOW_USAGE}
${SESSION_USAGE}`,
  async run([action, ...rest], io) {
    if (action === undefined) throw new UsageError(`One of ${NAMES.join(', ')} is missing.`);
    return ACTIONS[oneOf(action, NAMES, 'The word after jobs')](rest, io);
  },
};

const JSON_OPTION = { json: { type: 'boolean', default: false } } as const;

async function list(args: readonly string[], io: Io): Promise<ExitCode> {
  const { values, positionals } = parseArguments(args, {
    status: { type: 'string' },
    limit: { type: 'string', default: '20' },
    ...JSON_OPTION,
    ...SESSION_OPTIONS,
  });
  if (positionals.length > 0) throw new UsageError('jobs ls takes options only.');
  if (!/^\d{1,3}$/.test(values.limit) || Number(values.limit) < 1 || Number(values.limit) > 200)
    throw new UsageError('--limit is 1 to 200.');
  const status = values.status === undefined ? undefined : oneOf(values.status, JOB_STATUSES, '--status');
  const { client } = await openSession(io, values);
  const page = await client.list({ limit: Number(values.limit), ...(status === undefined ? {} : { status }) }, { signal: io.signal });
  if (values.json) io.stdout.write(`${JSON.stringify(page, null, 2)}\n`);
  else if (page.data.length === 0) io.stdout.write('There is no such job. Make one with: attune submit FILE --wait\n');
  else io.stdout.write(table(['job', 'operation', 'status', 'progress', 'created'], page.data.map(rowOf)));
  return EXIT.ok;
}

function rowOf(job: JobBody): string[] {
  return [job.job_id, job.operation, job.cancel_requested ? 'cancelling' : job.status, `${Math.floor(job.progress)} %`, job.created_at];
}

async function get(args: readonly string[], io: Io): Promise<ExitCode> {
  const { values, positionals } = parseArguments(args, { ...FOLLOW_OPTIONS, ...SESSION_OPTIONS });
  const id = onlyWord(positionals, 'ID');
  const { client } = await openSession(io, values);
  const job = await client.job(id, { signal: io.signal });
  if (values.wait || values.out !== undefined) return follow(client, job, values, io);
  // Looking at a failed job has not failed itself.
  await follow(client, job, values, io);
  return EXIT.ok;
}

async function logs(args: readonly string[], io: Io): Promise<ExitCode> {
  const { values, positionals } = parseArguments(args, { ...JSON_OPTION, ...SESSION_OPTIONS });
  const id = onlyWord(positionals, 'ID');
  const { client } = await openSession(io, values);
  for await (const line of client.logs(id, { signal: io.signal })) {
    io.stdout.write(values.json ? `${JSON.stringify(line)}\n` : `${textOf(line)}\n`);
  }
  return EXIT.ok;
}

function textOf({ at, level, type, message, stage, attempt }: LogLine): string {
  const where = stage === undefined ? '' : ` [${stage}${attempt === undefined ? '' : ` #${attempt}`}]`;
  return visible(`${at} ${level.padEnd(7)} ${type}${where} ${message}`);
}

async function cancel(args: readonly string[], io: Io): Promise<ExitCode> {
  const { values, positionals } = parseArguments(args, { ...JSON_OPTION, ...SESSION_OPTIONS });
  const id = onlyWord(positionals, 'ID');
  const { client } = await openSession(io, values);
  const job = await client.cancel(id, { signal: io.signal });
  io.stdout.write(values.json ? `${JSON.stringify(job, null, 2)}\n` : `${job.job_id} is ${rowOf(job)[2]}\n`);
  return EXIT.ok;
}
