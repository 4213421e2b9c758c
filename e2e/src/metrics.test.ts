import { spawnSync } from 'node:child_process';
import { Installation } from './installation.js';

jest.setTimeout(300_000);

let attune: Installation;
beforeAll(async () => (attune = await Installation.start()));
afterAll(async () => expect(await attune.stop()).toEqual({ exitCode: 0, left: [] }));

interface Sample {
  readonly name: string;
  readonly labels: string;
  readonly value: number;
}

const LINE = /^([a-zA-Z_:][a-zA-Z0-9_:]*)(\{(?:[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\n]|\\["\\n])*",?)*\})? (-?(?:\d[\d.e+-]*|Inf)|NaN)$/;

/** The text exposition format (Prometheus, version 0.0.4), read strictly. */
function samplesOf(text: string): Sample[] {
  expect(text.endsWith('\n')).toBe(true);
  const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return lines.map((line) => {
    const [, name, labels = '', value] = LINE.exec(line) ?? [];
    if (name === undefined) throw new Error(`no sample: ${line}`);
    return { name, labels, value: Number(value) };
  });
}

async function scrape(): Promise<string> {
  return (await fetch(`${attune.server.url}/metrics`)).text();
}

const promtool = spawnSync('promtool', ['--version']).error === undefined;

test(`a Prometheus parser accepts the metrics${promtool ? '' : ' (promtool: not executed, it is not on the PATH)'}`, async () => {
  await attune.run({ bytes: 'patient_id,first_name\nP1,Ada\n', options: { output_formats: ['csv'] } });
  const text = await scrape();
  const samples = samplesOf(text);
  expect(samples.length).toBeGreaterThan(200);
  expect(samples.length).toBeLessThanOrEqual(3000);
  expect(new Set(samples.map(({ name, labels }) => name + labels)).size).toBe(samples.length);
  if (promtool)
    expect(spawnSync('promtool', ['check', 'metrics'], { input: text, encoding: 'utf8' })).toMatchObject({ status: 0, stderr: '' });
});

test('counters and gauges say what the rows of the database say', async () => {
  await scrape(); // has the dependencies asked
  await attune.run({ bytes: new Uint8Array([0x50, 0x4b, 3, 4, 0, 0]) });
  await attune.run({ bytes: `patient_id,birth_date\n${'P1,1980-01-31\n'.repeat(40)}"P2,x\n`, options: { output_formats: ['csv'] } });
  const counted = (
    await attune.withDatabase((database) =>
      database.query<{ status: string; jobs: number }>('SELECT status, count(*)::int AS jobs FROM attune.jobs GROUP BY status'),
    )
  ).rows;
  const samples = samplesOf(await scrape());
  const valueOf = (name: string, label: string): number => samples.find((s) => s.name === name && s.labels.includes(label))?.value ?? 0;
  for (const { status, jobs } of counted) expect([status, valueOf('jobs_processed_total', `"${status}"`)]).toEqual([status, jobs]);
  expect(counted.map(({ status }) => status).sort()).toEqual(['completed', 'failed']);
  for (const [name, at] of [
    ['mapping_confidence_count', ''],
    ['data_quality_score', 'completeness'],
    ['query_duration_seconds_count', 'transform.pass'],
    ['worker_slots', 'free'],
    ['build_info', 'version'],
    ['dependency_up', 'storage'],
    ['jobs_failed_total', '"data"'],
  ] as const)
    expect([name, valueOf(name, at) > 0]).toEqual([name, true]);
});
