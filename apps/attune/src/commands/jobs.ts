import { JOB_STATUSES } from '@attune/core';
import type { JobBody } from '@attune/api';
import { oneOf, onlyWord, parseArguments, UsageError } from '../arguments.js';
import { EXIT, type Command, type ExitCode, type Io } from '../command.js';
import { follow, FOLLOW_OPTIONS, FOLLOW_USAGE } from '../follow.js';
import { JSON_OPTION, jsonText } from '../json-text.js';
import { openSession, SESSION_OPTIONS, SESSION_USAGE } from '../session.js';
import { table } from '../table.js';
import { diff, lineage, report, textOf, watch } from './job-reports.js';
import { quarantine, resubmit } from './job-quarantine.js';
import { redrive, REDRIVE_USAGE } from './job-redrive.js';

const ACTIONS = {
  ls: list,
  get,
  watch,
  logs,
  report,
  diff,
  lineage,
  quarantine,
  resubmit,
  redrive,
  clone,
  cancel,
  rm: remove,
} as const satisfies Record<string, (args: readonly string[], io: Io) => Promise<ExitCode>>;
const NAMES = [
  'ls',
  'get',
  'watch',
  'logs',
  'report',
  'diff',
  'lineage',
  'quarantine',
  'resubmit',
  'redrive',
  'clone',
  'cancel',
  'rm',
] as const satisfies readonly (keyof typeof ACTIONS)[];

/** Looks at jobs, and stops them. */
export const jobs: Command = {
  name: 'jobs',
  summary: 'list jobs; show, watch, explain, mend, redrive, repeat, cancel or delete one',
  words: NAMES,
  usage: `Usage: attune jobs ls [--status NAME] [--limit N] [--json]
       attune jobs get ID [--wait] [--out DIR] [--json]
       attune jobs watch ID [--json]
       attune jobs logs ID [--json]
       attune jobs report ID [--out FILE]
       attune jobs diff ID [--field NAME] [--limit N] [--json]
       attune jobs lineage ID [--json]
       attune jobs quarantine ID [--format csv|ndjson]
       attune jobs resubmit ID FILE [--wait] [--out DIR] [--json]
       attune jobs redrive ID [--from STAGE] [--wait] [--out DIR] [--json]
       attune jobs redrive --all [--error-class NAME] [--error-code CODE] [--dry-run] [--json]
       attune jobs clone ID [--wait] [--out DIR] [--json]
       attune jobs cancel ID [--json]
       attune jobs rm ID [--json]

watch shows everything that happens until the job has ended, and exits with 1 when it did not complete. report
writes the quality report for people, an HTML page that opens offline and holds no value of a record. diff shows
the values that are not in the result as they were received, lineage what each field is made from. quarantine writes the records that
were set aside, with their reasons, to be mended; resubmit sends such a file back, and the job goes on with the
records that were changed in it. redrive has a job go on
that failed or expired, from the stage that stopped it. clone does the
same dataset once more. rm deletes a job that has ended, with all it has left, and cancels one that has not.

  --status NAME       only jobs of this status: ${JOB_STATUSES.join(', ')}
  --limit N           how many jobs, newest first (default 20, at most 200), or changes (default 100)
  --field NAME        changes of this field only
  --out FILE          where the report is written; else it goes to the output
  --format NAME       form of the quarantine: csv (default), for a spreadsheet, or ndjson
${REDRIVE_USAGE}
${FOLLOW_USAGE}
${SESSION_USAGE}`,
  async run([action, ...rest], io) {
    if (action === undefined) throw new UsageError(`One of ${NAMES.join(', ')} is missing.`);
    return ACTIONS[oneOf(action, NAMES, 'The word after jobs')](rest, io);
  },
};

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
  if (values.json) io.stdout.write(jsonText(page));
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

async function cancel(args: readonly string[], io: Io): Promise<ExitCode> {
  const { values, positionals } = parseArguments(args, { ...JSON_OPTION, ...SESSION_OPTIONS });
  const id = onlyWord(positionals, 'ID');
  const { client } = await openSession(io, values);
  const job = await client.cancel(id, { signal: io.signal });
  io.stdout.write(values.json ? jsonText(job) : `${job.job_id} is ${rowOf(job)[2]}\n`);
  return EXIT.ok;
}

async function clone(args: readonly string[], io: Io): Promise<ExitCode> {
  const { values, positionals } = parseArguments(args, { ...FOLLOW_OPTIONS, ...SESSION_OPTIONS });
  const id = onlyWord(positionals, 'ID');
  const { client } = await openSession(io, values);
  return follow(client, await client.clone(id, { signal: io.signal }), values, io);
}

async function remove(args: readonly string[], io: Io): Promise<ExitCode> {
  const { values, positionals } = parseArguments(args, { ...JSON_OPTION, ...SESSION_OPTIONS });
  const id = onlyWord(positionals, 'ID');
  const { client } = await openSession(io, values);
  await client.remove(id, { signal: io.signal });
  io.stdout.write(
    values.json ? `${JSON.stringify({ job_id: id, removed: true })}\n` : `${id} is deleted, or cancelled where it was open\n`,
  );
  return EXIT.ok;
}
