import { randomUUID } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { jobPaths } from '@attune/api';
import { Installation } from './installation.js';
import { OtlpSink } from './otlp-sink.js';

jest.setTimeout(300_000);

/** 200 values that no sink may ever hold: 70 names, 70 identifiers, 60 dates, all invented and found nowhere else. */
const NAMES = Array.from({ length: 70 }, (_, i) => `Qanary${word(i)}ova`);
const IDS = Array.from({ length: 70 }, (_, i) => (i % 2 === 0 ? `ZQ${700_000 + 37 * i}X` : `9${String(10_000_000 + 7919 * i)}`));
const DATES = Array.from({ length: 60 }, (_, i) => `${1903 + i}-${pad(1 + (i % 12))}-${pad(1 + ((i * 7) % 28))}`);
const CANARIES = [...NAMES, ...IDS, ...DATES];

function word(i: number): string {
  return String.fromCharCode(97 + (i % 26), 97 + Math.floor(i / 26), 120);
}
function pad(number: number): string {
  return String(number).padStart(2, '0');
}

let attune: Installation;
let collector: OtlpSink;
const bodies: string[] = [];

beforeAll(async () => {
  collector = await OtlpSink.start();
  attune = await Installation.start({ ATTUNE_LOG_LEVEL: 'debug', ATTUNE_OTLP_URL: collector.url, ATTUNE_TRACE_RATIO: '1' });
});
afterAll(async () => {
  await attune.stop();
  await collector.stop();
});

/** The answer's body where it is a problem: those are for logs and tickets of clients, and hold no value either. */
async function send(route: string, init: RequestInit = {}): Promise<void> {
  const answer = await attune.request(route, init);
  const text = await answer.text();
  if (answer.headers.get('content-type')?.startsWith('application/problem+json')) bodies.push(text);
}

function rows(): string {
  return CANARIES.map((_, i) =>
    [
      IDS[i % 70],
      NAMES[i % 70],
      `${NAMES[(i + 1) % 70]!}"`,
      DATES[i % 60],
      `${DATES[(i + 3) % 60]!}x`,
      `Note ${NAMES[(i + 9) % 70]!}`,
    ].join(','),
  ).join('\n');
}

/** Every door, good and bad: values in fields, headers, names of files, parameters, keys and paths. */
async function plant(): Promise<void> {
  const table = `patient_id,first_name,last_name,birth_date,death_date,note\n${rows()}\nP1,"${NAMES[3]!},unclosed\n`;
  const ended = [
    await attune.run({ bytes: table, name: `${NAMES[0]!}.csv`, options: { output_formats: ['csv', 'ndjson'] } }),
    await attune.run({ bytes: table, operation: 'validate', options: {} }),
    await attune.run({ bytes: rows() }),
    await attune.run({ bytes: `${NAMES.join(',')}\n${IDS.join(',')}\n` }),
    await attune.run({ bytes: gzipSync(table).subarray(0, 300) }),
    await attune.run({ bytes: `{"name": "${NAMES[5]!}"}` }),
    await attune.run({ bytes: table, options: { mapping: { fields: [{ field: NAMES[6]!, from: [{ ordinal: 0, name: NAMES[7]! }] }] } } }),
  ];
  for (const { job_id: id } of ended) {
    for (const route of [jobPaths(id).result, jobPaths(id).quality, `${jobPaths(id).self}/findings`, jobPaths(id).logs]) await send(route);
  }
  await send(`/api/v1/jobs/${IDS[0]!}`);
  await send(`/api/v1/jobs?status=${NAMES[1]!}&${NAMES[2]!}=${IDS[2]!}`);
  await send(`/api/v1/jobs?cursor=${DATES[1]!}.${IDS[4]!}`);
  await send(`/${NAMES[8]!}/${IDS[6]!}`);
  await send('/api/v1/jobs', { method: 'POST', body: NAMES[9]!, headers: { 'Content-Type': `text/${NAMES[10]!}` } });
  await send('/api/v1/jobs', { headers: { 'X-Request-Id': `${NAMES[11]!} ${DATES[5]!}`, Accept: NAMES[12]! } });
  const form = new FormData();
  form.set('options', `{"${NAMES[13]!}": "${IDS[8]!}"`);
  form.set('file', new Blob([table]), `${IDS[10]!}.csv`);
  await send('/api/v1/jobs', { method: 'POST', body: form, headers: { 'Idempotency-Key': randomUUID() } });
  const unknown = new FormData();
  unknown.set(NAMES[14]!, DATES[7]!);
  await send('/api/v1/jobs', { method: 'POST', body: unknown });
}

/** All rows of a schema as text, without what belongs to the tenant and is answered to the tenant alone: mappings, names of files, options. */
async function rowsOf(schema: string): Promise<string> {
  return attune.withDatabase(async (database) => {
    const { rows: tables } = await database.query<{ name: string }>(
      `SELECT table_name AS name FROM information_schema.tables WHERE table_schema = $1 AND table_type = 'BASE TABLE'`,
      [schema],
    );
    let text = '';
    for (const { name } of tables) {
      const { rows: found } = await database.query<{ line: string }>(
        `SELECT (to_jsonb(t) - 'mapping' - 'options' - 'input_name' - 'document')::text AS line FROM ${schema}."${name}" t`,
      );
      text += found.map(({ line }) => line).join('\n');
    }
    return text;
  });
}

const found = (text: string): string[] => CANARIES.filter((canary) => text.includes(canary));

test('of 200 planted names, ids and dates none is in a log, metric, trace, queue, event or error body', async () => {
  expect(new Set(CANARIES).size).toBe(200);
  await plant();
  const metrics = await (await fetch(`${attune.server.url}/metrics`)).text();
  const queue = await rowsOf('bullmq');
  const own = await rowsOf('attune');
  await attune.server.stop(); // the last spans are sent at the end
  const logs = fs.readFileSync(path.join(attune.directory, 'attune.log'), 'utf8');
  expect(logs.split('\n').length).toBeGreaterThan(50);
  expect(collector.spans.length).toBeGreaterThan(50);
  expect(queue).not.toBe('');
  expect(bodies.length).toBeGreaterThan(8);
  expect({
    logs: found(logs),
    metrics: found(metrics),
    traces: found(collector.text),
    queue: found(queue),
    tables: found(own),
    bodies: found(bodies.join('\n')),
  }).toEqual({ logs: [], metrics: [], traces: [], queue: [], tables: [], bodies: [] });
  for (const line of logs.split('\n').filter((text) => text.startsWith('{'))) expect(JSON.parse(line)).toHaveProperty('service');
});
