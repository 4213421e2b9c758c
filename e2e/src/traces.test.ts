import { Installation } from './installation.js';
import { OtlpSink, type SunkSpan } from './otlp-sink.js';

jest.setTimeout(300_000);

const TABLE = 'patient_id,first_name,birth_date\nP1,Ada,1980-01-31\nP2,Bo,1981-02-28\n';
const CONSUMER = 5;
const SERVER = 2;
let collector: OtlpSink;

beforeAll(async () => (collector = await OtlpSink.start()));
afterAll(() => collector.stop());

/** Names from the root down to the span. */
function pathOf(span: SunkSpan, spans: readonly SunkSpan[]): string[] {
  const parent = spans.find(({ spanId }) => spanId === span.parentSpanId);
  return [...(parent ? pathOf(parent, spans) : []), span.name];
}

async function tracesOf(start: (environment: Record<string, string>) => Promise<Installation>): Promise<SunkSpan[]> {
  const from = collector.spans.length;
  const attune = await start({ ATTUNE_OTLP_URL: collector.url, ATTUNE_TRACE_RATIO: '1' });
  const submitted = await attune.request('/api/v1/jobs', {
    method: 'POST',
    body: form(),
    headers: { 'X-Request-Id': 'request-of-the-trace' },
  });
  const { job_id: id } = (await submitted.json()) as { job_id: string };
  await attune.ended(id);
  await (
    await attune.request('/api/v1/preview', { method: 'POST', body: TABLE, headers: { 'Content-Type': 'application/octet-stream' } })
  ).text();
  await attune.stop();
  return collector.spans.slice(from);
}

function form(): FormData {
  const parts = new FormData();
  parts.set('file', new Blob([TABLE]), 'people.csv');
  return parts;
}

describe.each([
  ['all-in-one', (environment: Record<string, string>) => Installation.start(environment)],
  ['split', (environment: Record<string, string>) => Installation.startSplit(environment, 1)],
])('the trace of a job, %s', (shape, start) => {
  let spans: SunkSpan[];
  beforeAll(async () => (spans = await tracesOf(start)));

  test('every stage is a child of the submit and linked to it, and the engine works inside of it', () => {
    const submit = spans.find(({ name, kind }) => name === 'POST /api/v1/jobs' && kind === SERVER)!;
    const stages = spans.filter(({ kind, traceId }) => kind === CONSUMER && traceId === submit.traceId);
    expect(stages.map(({ name }) => name).sort()).toEqual([
      'process generator.publish',
      'process harmonizer.plan',
      'process harmonizer.transform',
      'process validator.check',
      'process validator.inspect',
    ]);
    for (const stage of stages) {
      expect(stage.parentSpanId).toBe(submit.spanId);
      expect(stage.links?.map(({ spanId }) => spanId)).toEqual([submit.spanId]);
    }
    const pass = spans.find(({ name, traceId }) => name === 'engine transform.pass' && traceId === submit.traceId)!;
    expect(pathOf(pass, spans)).toEqual(['POST /api/v1/jobs', 'process harmonizer.transform', 'engine transform', 'engine transform.pass']);
  });

  test('a call that somebody waits for is one trace from the request to the engine', () => {
    const inspect = spans.filter(({ name }) => name === 'engine inspect').map((span) => pathOf(span, spans));
    const remote = shape === 'split' ? ['attune.v1.Validator/Preview'] : [];
    expect(inspect).toContainEqual(['POST /api/v1/preview', ...remote, 'engine inspect']);
  });
});
