import { ERROR_CLASSES, REDRIVE_LIMIT, STAGES } from '@attune/api';
import { oneOf, onlyWord, parseArguments, UsageError } from '../arguments.js';
import { EXIT, type ExitCode, type Io } from '../command.js';
import { follow, FOLLOW_OPTIONS } from '../follow.js';
import { jsonText } from '../json-text.js';
import { openSession, SESSION_OPTIONS } from '../session.js';

const OPTIONS = {
  from: { type: 'string' },
  all: { type: 'boolean', default: false },
  'error-class': { type: 'string' },
  'error-code': { type: 'string' },
  limit: { type: 'string' },
  'per-minute': { type: 'string' },
  'dry-run': { type: 'boolean', default: false },
} as const;

export const REDRIVE_USAGE = `  --from STAGE        do this stage again and those after it; else the one that stopped the job
  --all               every job that failed or expired, the oldest first; fewer with the options below
  --error-class NAME  only jobs with an error of this class: ${ERROR_CLASSES.join(', ')}
  --error-code CODE   only jobs with this error
  --limit N           at most so many (default 100, at most ${REDRIVE_LIMIT})
  --per-minute N      so many begin per minute; else all at once
  --dry-run           only say which`;

/** One job goes on, or all that are chosen. */
export async function redrive(args: readonly string[], io: Io): Promise<ExitCode> {
  const { values, positionals } = parseArguments(args, { ...OPTIONS, ...FOLLOW_OPTIONS, ...SESSION_OPTIONS });
  const from = values.from === undefined ? {} : { from_stage: oneOf(values.from, STAGES, '--from') };
  if (!values.all) {
    for (const name of ['error-class', 'error-code', 'limit', 'per-minute', 'dry-run'] as const)
      if (values[name] !== undefined && values[name] !== false) throw new UsageError(`--${name} belongs to --all.`);
    const id = onlyWord(positionals, 'ID');
    const { client } = await openSession(io, values);
    return follow(client, await client.redrive(id, { ...from, signal: io.signal }), values, io);
  }
  if (positionals.length > 0) throw new UsageError('Either an ID or --all.');
  const errorClass = values['error-class'];
  const { client } = await openSession(io, values);
  const done = await client.redriveMany(
    {
      ...from,
      ...(errorClass === undefined ? {} : { error_class: oneOf(errorClass, ERROR_CLASSES, '--error-class') }),
      ...(values['error-code'] === undefined ? {} : { error_code: values['error-code'] }),
      ...(values.limit === undefined ? {} : { limit: wholeNumber(values.limit, '--limit') }),
      ...(values['per-minute'] === undefined ? {} : { per_minute: wholeNumber(values['per-minute'], '--per-minute') }),
      dry_run: values['dry-run'],
    },
    { signal: io.signal },
  );
  if (values.json) io.stdout.write(jsonText(done));
  else {
    for (const id of done.job_ids) io.stdout.write(`${id}\n`);
    for (const { job_id: id, detail } of done.refused) io.stderr.write(`${id}: ${detail}\n`);
    io.stderr.write(`${done.job_ids.length} of ${done.matched} ${done.dry_run ? 'would go on' : 'go on'}\n`);
  }
  return EXIT.ok;
}

function wholeNumber(text: string, name: string): number {
  if (!/^[1-9]\d{0,4}$/.test(text)) throw new UsageError(`${name} is a whole number.`);
  return Number(text);
}
