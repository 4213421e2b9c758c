import {
  DELIVERY_OUTCOMES,
  type RotateSecretRequest,
  WEBHOOK_TYPES,
  WebhooksClient,
  type WebhookBody,
  type WebhookWithSecret,
} from '@attune/api';
import { LIMIT_OPTION, limitOf, oneOf, onlyWord, parseArguments, UsageError } from '../arguments.js';
import { EXIT, type Command, type ExitCode, type Io } from '../command.js';
import { JSON_OPTION, jsonText } from '../json-text.js';
import { openSession, SESSION_OPTIONS, SESSION_USAGE } from '../session.js';
import { table } from '../table.js';

const ACTIONS = { add, list, show, enable, disable, rotate, 'job-secret': jobSecret, log, redeliver, remove } as const satisfies Record<
  string,
  (args: readonly string[], io: Io) => Promise<ExitCode>
>;
const NAMES = Object.keys(ACTIONS) as (keyof typeof ACTIONS)[];

/** Addresses that are told what becomes of jobs. */
export const webhooks: Command = {
  name: 'webhooks',
  summary: 'addresses that are told what becomes of jobs',
  usage: `Usage: attune webhooks add URL [--type TYPE]... [--description TEXT] [--json]
       attune webhooks list [--limit N] [--json]
       attune webhooks show|enable|disable ID [--json]
       attune webhooks rotate ID [--grace SECONDS] [--json]
       attune webhooks job-secret [--grace SECONDS] [--json]
       attune webhooks log ID [--outcome OUTCOME] [--limit N] [--json]
       attune webhooks redeliver ID (--delivery ID | --failed-since TIME) [--json]
       attune webhooks remove ID

add and rotate print the secret of the webhook, which is shown at no other time. job-secret takes and prints a new
one for what goes to the --webhook-url of jobs.

  --type TYPE          ${WEBHOOK_TYPES.join(', ')};
                       all of them when absent
  --grace SECONDS      how long the secret before is signed with as well (default a day, at most a week)
  --outcome OUTCOME    ${DELIVERY_OUTCOMES.join(', ')}
  --failed-since TIME  as in 2026-03-02T09:00:00Z
  --limit N            how many, newest first (default 20, at most 200)
${SESSION_USAGE}`,
  words: NAMES,
  async run([action, ...rest], io) {
    if (action === undefined) throw new UsageError(`One of ${NAMES.join(', ')} is missing.`);
    return ACTIONS[oneOf(action, NAMES, 'The word after webhooks')](rest, io);
  },
};

async function clientOf(io: Io, flags: { readonly url?: string | undefined }): Promise<WebhooksClient> {
  const { url, apiKey } = await openSession(io, flags);
  return new WebhooksClient({ url, apiKey, fetch: io.fetch });
}

const stateOf = ({ enabled, disabled_reason }: WebhookBody): string => (enabled ? 'enabled' : `disabled (${disabled_reason})`);
const secretText = ({ webhook_id, secret }: WebhookWithSecret): string => `${webhook_id}\n${secret}\n`;

async function add(args: readonly string[], io: Io): Promise<ExitCode> {
  const { values, positionals } = parseArguments(args, {
    type: { type: 'string', multiple: true },
    description: { type: 'string' },
    ...JSON_OPTION,
    ...SESSION_OPTIONS,
  });
  const url = onlyWord(positionals, 'URL');
  const types = values.type?.map((type) => oneOf(type, WEBHOOK_TYPES, '--type'));
  const asked = { url, ...(types && { types }), ...(values.description !== undefined && { description: values.description }) };
  // The option names the server, the word the address that is told.
  const made = await (await clientOf(io, values)).create(asked, { signal: io.signal });
  io.stdout.write(values.json ? jsonText(made) : secretText(made));
  return EXIT.ok;
}

async function list(args: readonly string[], io: Io): Promise<ExitCode> {
  const { values, positionals } = parseArguments(args, { ...LIMIT_OPTION, ...JSON_OPTION, ...SESSION_OPTIONS });
  if (positionals.length > 0) throw new UsageError('webhooks list takes options only.');
  const page = await (await clientOf(io, values)).list({ limit: limitOf(values.limit) }, { signal: io.signal });
  if (values.json) io.stdout.write(jsonText(page));
  else if (page.data.length === 0) io.stdout.write('There is no webhook. Make one with: attune webhooks add URL\n');
  else {
    const rows = page.data.map((webhook) => [webhook.webhook_id, stateOf(webhook), webhook.types.join(','), webhook.url]);
    io.stdout.write(table(['webhook', 'state', 'types', 'url'], rows));
  }
  return EXIT.ok;
}

function showText(webhook: WebhookBody): string {
  const rows = [
    ['state', stateOf(webhook)],
    ['url', webhook.url],
    ['types', webhook.types.join(', ')],
    ['description', webhook.description ?? '-'],
    ['written', webhook.updated_at],
  ];
  return table(['webhook', webhook.webhook_id], rows);
}

async function show(args: readonly string[], io: Io): Promise<ExitCode> {
  const { values, positionals } = parseArguments(args, { ...JSON_OPTION, ...SESSION_OPTIONS });
  const webhook = await (await clientOf(io, values)).read(onlyWord(positionals, 'ID'), { signal: io.signal });
  io.stdout.write(values.json ? jsonText(webhook) : showText(webhook));
  return EXIT.ok;
}

function enable(args: readonly string[], io: Io): Promise<ExitCode> {
  return turn(args, io, true);
}

function disable(args: readonly string[], io: Io): Promise<ExitCode> {
  return turn(args, io, false);
}

async function turn(args: readonly string[], io: Io, enabled: boolean): Promise<ExitCode> {
  const { values, positionals } = parseArguments(args, { ...JSON_OPTION, ...SESSION_OPTIONS });
  const client = await clientOf(io, values);
  const { webhook_id: id, version } = await client.read(onlyWord(positionals, 'ID'), { signal: io.signal });
  const changed = await client.change(id, version, { enabled }, { signal: io.signal });
  io.stdout.write(values.json ? jsonText(changed) : `${id} ${stateOf(changed)}\n`);
  return EXIT.ok;
}

async function rotate(args: readonly string[], io: Io): Promise<ExitCode> {
  const { values, positionals } = parseArguments(args, { grace: { type: 'string' }, ...JSON_OPTION, ...SESSION_OPTIONS });
  const id = onlyWord(positionals, 'ID');
  const rotated = await (await clientOf(io, values)).rotateSecret(id, rotationOf(values.grace), { signal: io.signal });
  io.stdout.write(values.json ? jsonText(rotated) : secretText(rotated));
  return EXIT.ok;
}

async function jobSecret(args: readonly string[], io: Io): Promise<ExitCode> {
  const { values, positionals } = parseArguments(args, { grace: { type: 'string' }, ...JSON_OPTION, ...SESSION_OPTIONS });
  if (positionals.length > 0) throw new UsageError('webhooks job-secret takes options only.');
  const taken = await (await clientOf(io, values)).takeJobSecret(rotationOf(values.grace), { signal: io.signal });
  io.stdout.write(values.json ? jsonText(taken) : `${taken.secret}\n`);
  return EXIT.ok;
}

function rotationOf(grace: string | undefined): RotateSecretRequest {
  if (grace === undefined) return {};
  if (!/^\d{1,6}$/.test(grace)) throw new UsageError('--grace is a number of seconds.');
  return { grace_seconds: Number(grace) };
}

async function log(args: readonly string[], io: Io): Promise<ExitCode> {
  const { values, positionals } = parseArguments(args, {
    outcome: { type: 'string' },
    ...LIMIT_OPTION,
    ...JSON_OPTION,
    ...SESSION_OPTIONS,
  });
  const id = onlyWord(positionals, 'ID');
  const outcome = values.outcome === undefined ? {} : { outcome: oneOf(values.outcome, DELIVERY_OUTCOMES, '--outcome') };
  const page = await (await clientOf(io, values)).deliveries(id, { limit: limitOf(values.limit), ...outcome }, { signal: io.signal });
  if (values.json) io.stdout.write(jsonText(page));
  else if (page.data.length === 0) io.stdout.write('Nothing was to be sent.\n');
  else {
    const rows = page.data.map((one) => [
      one.delivery_id,
      one.type,
      one.job_id,
      one.outcome,
      `${one.tries}`,
      one.last_status === null ? (one.last_error ?? '-') : `${one.last_status}`,
      one.next_try_at ?? '-',
    ]);
    io.stdout.write(table(['delivery', 'type', 'job', 'outcome', 'tries', 'answer', 'next try'], rows));
  }
  return EXIT.ok;
}

async function redeliver(args: readonly string[], io: Io): Promise<ExitCode> {
  const { values, positionals } = parseArguments(args, {
    delivery: { type: 'string' },
    'failed-since': { type: 'string' },
    ...JSON_OPTION,
    ...SESSION_OPTIONS,
  });
  const id = onlyWord(positionals, 'ID');
  const { delivery, 'failed-since': since } = values;
  if ((delivery === undefined) === (since === undefined)) throw new UsageError('One of --delivery and --failed-since is needed.');
  const which = delivery === undefined ? { failed_since: since! } : { delivery_id: delivery };
  const done = await (await clientOf(io, values)).redeliver(id, which, { signal: io.signal });
  io.stdout.write(values.json ? jsonText(done) : `${done.redelivered} due\n`);
  return EXIT.ok;
}

async function remove(args: readonly string[], io: Io): Promise<ExitCode> {
  const { values, positionals } = parseArguments(args, SESSION_OPTIONS);
  await (await clientOf(io, values)).remove(onlyWord(positionals, 'ID'), { signal: io.signal });
  return EXIT.ok;
}
