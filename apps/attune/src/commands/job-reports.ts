import type { DiffBody, FieldLineage, LogLine } from '@attune/api';
import { onlyWord, parseArguments, UsageError } from '../arguments.js';
import { EXIT, type ExitCode, type Io } from '../command.js';
import { writeResult } from '../download.js';
import { count } from '../progress.js';
import { JSON_OPTION, jsonText } from '../json-text.js';
import { openSession, SESSION_OPTIONS } from '../session.js';
import { table, visible } from '../table.js';

const DIFF_LINES = 100;

/** Everything that happens to a job, as it happens; ends with the job, as `get --wait` does. */
export async function watch(args: readonly string[], io: Io): Promise<ExitCode> {
  const { values, positionals } = parseArguments(args, { ...JSON_OPTION, ...SESSION_OPTIONS });
  const id = onlyWord(positionals, 'ID');
  const { client } = await openSession(io, values);
  let last = '';
  for await (const event of client.watch(id, { signal: io.signal })) {
    if (values.json)
      io.stdout.write(`${JSON.stringify(event.kind === 'line' ? event.line : { type: 'job.progress', ...event.progress })}\n`);
    else if (event.kind === 'line') io.stdout.write(`${textOf(event.line)}\n`);
    else {
      const { stage, progress } = event.progress;
      const shown = `${stage ?? ''} ${Math.floor(progress)} %`;
      if (shown !== last) io.stderr.write(`${shown}\n`);
      last = shown;
    }
  }
  const { status } = await client.job(id, { signal: io.signal });
  return status === 'completed' ? EXIT.ok : EXIT.jobFailed;
}

export function textOf({ at, level, type, message, stage, attempt }: LogLine): string {
  const where = stage === undefined ? '' : ` [${stage}${attempt === undefined ? '' : ` #${attempt}`}]`;
  return visible(`${at} ${level.padEnd(7)} ${type}${where} ${message}`);
}

/** The report for people, to where the output goes or into a file. */
export async function report(args: readonly string[], io: Io): Promise<ExitCode> {
  const { values, positionals } = parseArguments(args, { out: { type: 'string' }, ...SESSION_OPTIONS });
  const id = onlyWord(positionals, 'ID');
  const { client } = await openSession(io, values);
  const answer = await client.report(id, { signal: io.signal });
  if (values.out === undefined) io.stdout.write(await answer.text());
  else {
    await writeResult(values.out, answer, io.signal);
    io.stderr.write(`${values.out} is written; open it with a browser.\n`);
  }
  return EXIT.ok;
}

/** Values that are not in the result as they were received. */
export async function diff(args: readonly string[], io: Io): Promise<ExitCode> {
  const { values, positionals } = parseArguments(args, {
    field: { type: 'string' },
    limit: { type: 'string', default: String(DIFF_LINES) },
    ...JSON_OPTION,
    ...SESSION_OPTIONS,
  });
  const id = onlyWord(positionals, 'ID');
  if (!/^\d{1,9}$/.test(values.limit) || Number(values.limit) < 1) throw new UsageError('--limit is a number above 0.');
  const { client } = await openSession(io, values);
  const wanted = Number(values.limit);
  const changes: DiffBody[] = [];
  for await (const page of client.diff(id, { field: values.field, limit: Math.min(200, wanted), signal: io.signal })) {
    changes.push(...page.slice(0, wanted - changes.length));
    if (changes.length === wanted) break;
  }
  if (values.json) for (const change of changes) io.stdout.write(`${JSON.stringify(change)}\n`);
  else if (changes.length === 0) io.stdout.write('Every value is in the result as it was received.\n');
  else io.stdout.write(table(['record', 'line', 'field', 'received', 'canonical', 'finding'], changes.map(changeRow)));
  if (!values.json && changes.length === wanted) io.stderr.write(`The first ${count(wanted)}; more with --limit.\n`);
  return EXIT.ok;
}

function changeRow({ record, line, field, received, canonical, finding }: DiffBody): string[] {
  return [String(record), String(line), field, received, canonical ?? '(empty)', finding ?? ''].map(visible);
}

/** Which columns each field is made from, and what became of the values. */
export async function lineage(args: readonly string[], io: Io): Promise<ExitCode> {
  const { values, positionals } = parseArguments(args, { ...JSON_OPTION, ...SESSION_OPTIONS });
  const id = onlyWord(positionals, 'ID');
  const { client } = await openSession(io, values);
  const body = await client.lineage(id, { signal: io.signal });
  if (values.json) {
    io.stdout.write(jsonText(body));
    return EXIT.ok;
  }
  const carried = body.carried.map(({ name, records, nulls, changed }) => [
    `source.${name}`,
    name,
    'carried',
    count(records - nulls),
    count(changed),
    '',
  ]);
  const rows = [...body.fields.map(fieldRow), ...carried].map((row) => row.map(visible));
  io.stdout.write(`Entity: ${body.entity}\n${table(['field', 'from', 'standardizer', 'values', 'changed', 'refused'], rows)}`);
  return EXIT.ok;
}

function fieldRow(field: FieldLineage): string[] {
  const from = field.constant === undefined ? field.from.map(({ name }) => name).join(' + ') : '(constant)';
  return [
    field.field,
    from,
    field.standardizer ?? 'as received',
    count(field.records - field.nulls),
    count(field.changed),
    count(field.refused),
  ];
}
