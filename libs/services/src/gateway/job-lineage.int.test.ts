import { createHash } from 'node:crypto';
import { type DiffBody, DiffPage, LineageBody, ProblemBody } from '@attune/api';
import { type RunningProcess } from '@attune/platform';
import request from 'supertest';
import { gateway, generator, harmonizer, validator } from '../index.js';
import { type RunningGateway, startGateway } from './running-gateway.fixture.js';

const HEADER = 'member_id,full name,dob,note\n';
const OPTIONS = {
  output_formats: ['csv'],
  mapping: {
    fields: [
      { field: 'patient_id', from: [{ ordinal: 0, name: 'member_id' }] },
      { field: 'last_name', from: [{ ordinal: 1, name: 'full name' }], part: { separator: ',', at: 0 } },
      { field: 'birth_date', from: [{ ordinal: 2, name: 'dob' }], options: { order: 'mdy' } },
      { field: 'country', from: [], constant: 'US' },
    ],
  },
};

let started: RunningGateway;
let running: RunningProcess;
let ours: string;
let theirs: string;

beforeAll(async () => {
  started = await startGateway({ services: [gateway, validator, harmonizer, generator] });
  ({ running, ours, theirs } = started);
});

afterAll(() => started?.close());

const get = (route: string, key = ours) => started.call('get', route, key);

/** Submits a file and waits for the end of its job. */
async function done(bytes: Buffer): Promise<string> {
  const submitted = await request(running.url)
    .post('/api/v1/jobs')
    .set('Authorization', `Bearer ${ours}`)
    .field('operation', 'harmonize')
    .field('options', JSON.stringify(OPTIONS))
    .attach('file', bytes, 'members.csv')
    .expect(202);
  const job = `/api/v1/jobs/${(submitted.body as { job_id: string }).job_id}`;
  for (;;) {
    const answer = await get(`${job}/status?wait=10`).expect(200);
    const { status } = answer.body as { status: string };
    if (status === 'completed') return job;
    if (status === 'failed' || status === 'cancelled') throw new Error(`the job is ${status}`);
  }
}

async function changes(job: string, query: string): Promise<{ data: DiffBody[]; pages: number }> {
  const data: DiffBody[] = [];
  let route: string | undefined = `${job}/diff?${query}`;
  let pages = 0;
  for (; route !== undefined; pages++) {
    const answer: request.Response = await get(route).expect(200);
    const page = DiffPage.parse(answer.body);
    data.push(...page.data);
    expect(page.has_more).toBe(page.next_cursor !== null);
    route = /<(.*)>; rel="next"/.exec(answer.headers['link'] ?? '')?.[1];
    expect(route !== undefined).toBe(page.has_more);
  }
  return { data, pages };
}

test('lineage tells where every field comes from, and the diff every value that was changed, page by page', async () => {
  const job = await done(
    Buffer.from(`${HEADER}m-1,"OKAFOR, Ada",3/9/1987,x\nm-2,"Novak, Ben",2/30/1987,y\nbad\nm-3,Lund,1987-03-09,z\u0001\nm-3,,,\n`),
  );
  const answer = await get(`${job}/lineage`)
    .expect(200)
    .expect('Content-Type', /^application\/json/);
  const digest = createHash('sha256').update(answer.text).digest();
  expect(answer.headers['repr-digest']).toBe(`sha-256=:${digest.toString('base64')}:`);
  await get(`${job}/lineage`).set('If-None-Match', answer.headers['etag']!).expect(304);
  const { fields, carried } = LineageBody.parse(answer.body);
  expect(fields.map(({ field, changed, nulls, refused }) => [field, changed, nulls, refused])).toEqual([
    ['patient_id', 0, 0, 0],
    ['last_name', 2, 1, 0],
    ['birth_date', 2, 2, 1],
    ['country', 0, 0, 0],
  ]);
  expect(carried).toEqual([{ ordinal: 3, name: 'note', records: 4, nulls: 1, changed: 1 }]);

  const whole = await changes(job, 'limit=200');
  expect(
    whole.data.map(({ record, line, field, columns, received, canonical, finding }) => [
      record,
      line,
      field,
      columns[0]!.name,
      received,
      canonical,
      finding,
    ]),
  ).toEqual([
    [1, 2, 'last_name', 'full name', 'OKAFOR, Ada', 'Okafor', undefined],
    [1, 2, 'birth_date', 'dob', '3/9/1987', '1987-03-09', undefined],
    [2, 3, 'last_name', 'full name', 'Novak, Ben', 'Novak', undefined],
    [2, 3, 'birth_date', 'dob', '2/30/1987', null, 'date.invalid'],
    [4, 5, 'source.note', 'note', 'z\u0001', 'z', 'text.control_character'],
  ]);
  const paged = await changes(job, 'limit=1');
  expect(paged.data).toEqual(whole.data);
  expect(paged.pages).toBe(5);
  expect((await changes(job, 'field=birth_date')).data).toEqual(whole.data.filter(({ field }) => field === 'birth_date'));
});

test('a cursor is good for its list only, a field has to be one, and nobody sees the changes of others', async () => {
  const job = await done(Buffer.from(`${HEADER}m-1,A,3/9/1987,x\nm-2,B,3/10/1987,y\n`));
  const { next_cursor: cursor } = (await get(`${job}/diff?limit=1`).expect(200)).body as DiffPage;
  const foreign = await get(`${job}/diff?limit=1&field=birth_date&cursor=${cursor}`).expect(400);
  expect(ProblemBody.parse(foreign.body).code).toBe('cursor_invalid');
  const unknown = await get(`${job}/diff?field=Quentin`).expect(400);
  expect(ProblemBody.parse(unknown.body)).toMatchObject({ code: 'validation_failed', errors: [{ parameter: 'field' }] });
  expect(unknown.text).not.toContain('Quentin');
  for (const route of ['lineage', 'diff']) await get(`${job}/${route}`, theirs).expect(404);
});

test('a page reads on where it has to, beyond a long record, and ends after so many bytes though it is empty', async () => {
  const same = 'm,A,1987-03-09,x\n';
  const quiet = Array.from({ length: 200_000 }, (_, i) => `${i}`)
    .map((n) => `${n}${same}`)
    .join('');
  const long = `long,${'"b'.padEnd(900_000, 'b')}",${'3/9/1987'},${'c'.repeat(900_000)}\n`;
  const start = 4 * 1024 * 1024 - HEADER.length - 10;
  const job = await done(Buffer.from(HEADER + quiet.slice(0, quiet.lastIndexOf('\n', start) + 1) + long + quiet));
  const first = (await get(`${job}/diff`).expect(200)).body as DiffPage;
  const second = (await get(`${job}/diff?cursor=${first.next_cursor!}`).expect(200)).body as DiffPage;
  expect(second).toMatchObject({ data: [], has_more: true });
  const { data, pages } = await changes(job, 'limit=50');
  expect(pages).toBeGreaterThan(2);
  expect(first.has_more).toBe(true);
  expect(data.filter(({ field }) => field === 'birth_date').map(({ received }) => received)).toEqual(['3/9/1987']);
});
