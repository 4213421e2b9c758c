import { createHash, randomUUID } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { ArtifactList, AttemptList, jobActions, JobBody, jobPaths, JobList, LogLine, QuarantineRecord, TimelineBody } from '@attune/api';
import { delimitedRows } from './delimited-rows.js';
import { Installation, linesOf, problemOf, ROOT } from './installation.js';
import { manyMembers } from './many-members.js';

jest.setTimeout(300_000);

const MEMBERS = fs.readFileSync(path.join(ROOT, 'samples/members.csv'));
const SMALL = 'patient_id,first_name\nP1,Ada\nP2,Bo\n';
let attune: Installation;
let members: JobBody;

beforeAll(async () => {
  attune = await Installation.start({ ATTUNE_SSE_LIMIT: '50' });
  members = await attune.run({ bytes: MEMBERS, name: 'members.csv', options: { output_formats: ['csv', 'ndjson'] } });
});
afterAll(async () => expect(await attune.stop()).toEqual({ exitCode: 0, left: [] }));

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

describe('the end of a job', () => {
  const files = (id: string): string[] => {
    const blobs = path.join(attune.server.dataDir, 'blobs');
    return fs.readdirSync(blobs, { recursive: true, encoding: 'utf8' }).filter((name) => name.includes(id.slice(4)) || name.endsWith(id));
  };

  test('a deleted job leaves no bytes, answers 410 everywhere and is in no list; its clone keeps the input', async () => {
    const bytes = `patient_id,first_name\nP7,Zoe ${randomUUID()}\n`;
    const hash = createHash('sha256').update(bytes).digest('hex');
    const { job_id: id } = await attune.run({ bytes, name: 'delete-me.csv' });
    const clone = JobBody.parse(
      await (await attune.send(jobActions(id).clone, 'POST', {}, { options: { output_formats: ['ndjson'] } })).json(),
    );
    expect(clone).toMatchObject({ cloned_from: id, options: { output_formats: ['ndjson'] }, input: { sha256: hash } });
    expect((await attune.ended(clone.job_id)).status).toBe('completed');
    expect(files(id).length).toBeGreaterThan(5);
    const { version } = await attune.job(id);
    expect((await problemOf(await attune.send(jobPaths(id).self, 'DELETE', { 'If-Match': `"${version - 1}"` }))).code).toBe(
      'precondition_failed',
    );
    const deleted = await attune.send(jobPaths(id).self, 'DELETE', { 'If-Match': `"${version}"` });
    expect([deleted.status, await deleted.text()]).toEqual([204, '']);
    expect(files(id)).toEqual([]);
    for (const route of Object.values(jobPaths(id)))
      expect({ route, ...(await problemOf(await attune.request(route))) }).toMatchObject({ status: 410, code: 'gone' });
    for (const action of [jobActions(id).cancel, jobActions(id).clone]) expect((await attune.send(action, 'POST')).status).toBe(410);
    expect((await attune.send(jobPaths(id).self, 'DELETE')).status).toBe(410);
    const listed = (await attune.read(JobList, '/api/v1/jobs?limit=200')).data.map(({ job_id }) => job_id);
    expect([listed.includes(id), listed.includes(clone.job_id)]).toEqual([false, true]);
    expect(files(hash)).toHaveLength(1);
    expect(await attune.rows(clone.job_id)).toMatchObject([{ patient_id: 'P7' }]);
    expect((await attune.send(jobPaths(clone.job_id).self, 'DELETE')).status).toBe(204);
    expect(files(hash)).toEqual([]);
    // The same bytes may come again.
    expect((await attune.run({ bytes })).status).toBe('completed');
    expect(files(hash)).toHaveLength(1);
    const kept = await attune.withDatabase((database) =>
      database.query('SELECT input_name, mapping, error FROM attune.jobs WHERE id = $1', [id.slice(4)]),
    );
    expect(kept.rows).toEqual([{ input_name: null, mapping: null, error: null }]);
  });

  test('an open job is cancelled by DELETE, once; a key makes a repeated cancel the same cancel', async () => {
    const { job_id: id } = await attune.submit(manyMembers(7));
    await attune.once(id, ({ stages }) => stages.some(({ name, status }) => name === 'transform' && status === 'running'));
    const key = { 'Idempotency-Key': randomUUID() };
    const answer = await attune.send(jobActions(id).cancel, 'POST', key);
    expect(answer.status).toBe(202);
    await attune.ended(id);
    const again = await attune.send(jobActions(id).cancel, 'POST', key);
    expect([again.status, again.headers.get('idempotent-replayed')]).toEqual([202, 'true']);
    expect((await problemOf(await attune.send(jobActions(id).cancel, 'POST'))).code).toBe('conflict_state');
    expect((await attune.send(jobPaths(id).self, 'DELETE')).status).toBe(204);
  });

  test('a clone is one job per key, and what does not fit is refused', async () => {
    const { clone } = jobActions(members.job_id);
    const key = { 'Idempotency-Key': randomUUID() };
    const first = await attune.send(clone, 'POST', key, { options: { remove_duplicates: false } });
    const again = await attune.send(clone, 'POST', key, { options: { remove_duplicates: false } });
    expect([first.status, await again.text(), again.headers.get('idempotent-replayed')]).toEqual([202, await first.text(), 'true']);
    expect((await problemOf(await attune.send(clone, 'POST', key, {}))).code).toBe('idempotency_mismatch');
    for (const wrong of [
      { colour: 'red' },
      { options: { colour: 'red' } },
      { options: { output_formats: [] } },
      { mapping: { fields: 1 } },
    ])
      expect((await problemOf(await attune.send(clone, 'POST', {}, wrong))).code).toBe('validation_failed');
    expect((await attune.send(clone, 'POST')).status).toBe(202);
    expect(
      (await problemOf(await attune.request(clone, { method: 'POST', body: 'x', headers: { 'Content-Type': 'text/plain' } }))).code,
    ).toBe('unsupported_media');
  });
});

describe('lists', () => {
  test('filters choose, pages link to the next one, and what is unknown is refused', async () => {
    const name = `named-${randomUUID()}.csv`;
    const made = [
      await attune.run({ bytes: SMALL, name }),
      await attune.run({ bytes: SMALL, name: name.toUpperCase(), operation: 'validate' }),
    ];
    const ids = async (query: string) => (await attune.read(JobList, `/api/v1/jobs?${query}`)).data.map(({ job_id }) => job_id);
    expect(await ids(`q=${name.slice(0, 20)}`)).toEqual(made.map(({ job_id }) => job_id).reverse());
    expect(await ids(`q=${name.slice(0, 20)}&operation=validate`)).toEqual([made[1]!.job_id]);
    expect(await ids(`q=${name.slice(0, 20)}&created_before=${made[1]!.created_at}`)).toEqual([made[0]!.job_id]);
    expect(await ids(`q=${name.slice(0, 20)}&status=failed`)).toEqual([]);
    expect(await ids('q=%25')).toEqual([]);
    const answer = await attune.request(`/api/v1/jobs?limit=1&q=${name.slice(0, 20)}`);
    const page = JobList.parse(await answer.json());
    const next = /^<(.+)>; rel="next"$/.exec(answer.headers.get('link')!)![1]!;
    expect(next).toContain(encodeURIComponent(page.next_cursor!));
    expect((await attune.read(JobList, next)).data.map(({ job_id }) => job_id)).toEqual([made[0]!.job_id]);
    expect(await attune.job(made[0]!.job_id)).toEqual((await attune.read(JobList, `/api/v1/jobs?q=${name.slice(0, 20)}`)).data[1]);
    for (const wrong of ['colour=red', 'created_before=yesterday', 'q=', `status=failed&cursor=${page.next_cursor}`])
      expect((await attune.request(`/api/v1/jobs?${wrong}`)).status).toBe(400);
  });
});

describe('results', () => {
  test('ranges are pieces of the whole, and what cannot be had says how much there is', async () => {
    const route = `${jobPaths(members.job_id).result}?format=csv`;
    const whole = await attune.request(route);
    const bytes = Buffer.from(await whole.arrayBuffer());
    const etag = whole.headers.get('etag')!;
    const ranged = async (range: string, headers: Record<string, string> = {}) => {
      const answer = await attune.request(route, { headers: { Range: range, ...headers } });
      return [answer.status, answer.headers.get('content-range'), sha256(Buffer.from(await answer.arrayBuffer()))] as const;
    };
    const n = bytes.length;
    expect(await ranged('bytes=0-0')).toEqual([206, `bytes 0-0/${n}`, sha256(bytes.subarray(0, 1))]);
    expect(await ranged('bytes=100-199')).toEqual([206, `bytes 100-199/${n}`, sha256(bytes.subarray(100, 200))]);
    expect(await ranged(`bytes=${n - 5}-`)).toEqual([206, `bytes ${n - 5}-${n - 1}/${n}`, sha256(bytes.subarray(-5))]);
    expect(await ranged('bytes=-7')).toEqual([206, `bytes ${n - 7}-${n - 1}/${n}`, sha256(bytes.subarray(-7))]);
    expect(await ranged(`bytes=5-${n + 100}`)).toEqual([206, `bytes 5-${n - 1}/${n}`, sha256(bytes.subarray(5))]);
    for (const ignored of ['bytes=0-1,5-6', 'bytes=9-3', 'lines=0-1', 'bytes=x'])
      expect(await ranged(ignored)).toEqual([200, null, sha256(bytes)]);
    expect((await ranged('bytes=0-9', { 'If-Range': etag }))[0]).toBe(206);
    expect(await ranged('bytes=0-9', { 'If-Range': '"another"' })).toEqual([200, null, sha256(bytes)]);
    for (const beyond of [`bytes=${n}-`, 'bytes=-0']) {
      const answer = await attune.request(route, { headers: { Range: beyond } });
      expect(answer.headers.get('content-range')).toBe(`bytes */${n}`);
      expect(await problemOf(answer)).toMatchObject({ status: 416, code: 'range_invalid' });
    }
    const head = await attune.request(route, { method: 'HEAD' });
    for (const name of ['etag', 'repr-digest', 'content-type', 'content-length', 'content-disposition', 'accept-ranges'])
      expect([name, head.headers.get(name)]).toEqual([name, whole.headers.get(name)]);
    expect([head.status, (await head.arrayBuffer()).byteLength]).toEqual([200, 0]);
    expect(whole.headers.get('repr-digest')).toBe(`sha-256=:${createHash('sha256').update(bytes).digest('base64')}:`);
  });

  test('the artifacts that are listed can be fetched, and are what the list says', async () => {
    const { data } = await attune.read(ArtifactList, jobPaths(members.job_id).artifacts);
    const kinds = data.map(({ kind }) => kind);
    expect(kinds).toEqual(
      expect.arrayContaining(['plan', 'profile', 'quality', 'manifest', 'findings', 'findings_parquet', 'quarantine', 'result_csv']),
    );
    for (const { links, sha256, bytes, media_type } of data) {
      const answer = await attune.request(links.self);
      const body = Buffer.from(await answer.arrayBuffer());
      expect([answer.status, createHash('sha256').update(body).digest('hex'), body.length]).toEqual([200, sha256, bytes]);
      expect(answer.headers.get('content-type')?.split(';')[0]).toBe(media_type.split(';')[0]);
      if (bytes > 2) expect((await attune.request(links.self, { headers: { Range: 'bytes=1-1' } })).status).toBe(206);
    }
    for (const hidden of ['silver', 'quarantine_index', 'result_csv', 'nothing', '__proto__'])
      expect((await problemOf(await attune.request(`${jobPaths(members.job_id).artifacts}/${hidden}`))).code).toBe('not_found');
  });

  test('the quarantine is downloaded whole, in both forms, and no spreadsheet calculates with it', async () => {
    const bytes = 'patient_id,first_name\nP1,Ada\n=1+1,"x,y",z\n@SUM(A1),b,c\n';
    const { job_id: id } = await attune.run({ bytes, operation: 'validate' });
    const records = await attune.quarantine(id);
    expect(records).toHaveLength(2);
    const route = jobPaths(id).quarantineDownload;
    const ndjson = await attune.request(`${route}?format=ndjson`);
    expect(linesOf(await ndjson.text()).map((line) => QuarantineRecord.parse(line))).toEqual(records);
    const csv = await attune.request(route);
    expect([csv.headers.get('content-type'), csv.headers.get('content-disposition')]).toEqual([
      'text/csv; charset=utf-8',
      'attachment; filename="quarantine.csv"',
    ]);
    const [header, ...rows] = delimitedRows((await csv.text()).replaceAll('\r\n', '\n'));
    const raw = rows.filter((row) => row.length > 1).map((row) => row[header!.indexOf('_raw')]!);
    expect(raw.map((text) => text[0])).toEqual(["'", "'"]);
    expect(raw.map((text) => text.slice(1).trimEnd())).toEqual(records.map((record) => record.raw!.trimEnd()));
    expect((await problemOf(await attune.request(`${route}?format=xlsx`))).code).toBe('validation_failed');
    expect((await problemOf(await attune.request(route, { headers: { Accept: 'image/png' } }))).code).toBe('not_acceptable');
  });

  test('timeline and attempts say where the time went', async () => {
    const timeline = await attune.read(TimelineBody, jobPaths(members.job_id).timeline);
    expect(timeline.stages.map(({ name }) => name)).toEqual(members.stages.map(({ name }) => name));
    let before = Date.parse(timeline.created_at);
    for (const { ready_at, ended_at, attempts, waited_seconds } of timeline.stages) {
      const [attempt] = attempts;
      const times = [ready_at!, attempt!.started_at, attempt!.ended_at!, ended_at!].map((time) => Date.parse(time));
      expect([before, ...times]).toEqual([before, ...times].sort((a, b) => a - b));
      expect([attempts.length, attempt!.outcome]).toEqual([1, 'done']);
      expect(waited_seconds).toBeGreaterThanOrEqual(0);
      before = times.at(-1)!;
    }
    const { data } = await attune.read(AttemptList, jobPaths(members.job_id).attempts);
    expect(data).toEqual(timeline.stages.flatMap(({ attempts }) => attempts));
  });
});

describe('review', () => {
  const FILE = `patient_id,first_name,mystery\n${Array.from({ length: 12 }, (_, i) => `P${i},Ada,x${i}`).join('\n')}\n`;
  const asked = async (): Promise<JobBody> => {
    const header = randomUUID().slice(0, 8);
    const { job_id: id } = await attune.submit({
      bytes: FILE.replace('mystery', `mystery_${header}`),
      options: { review: 'when_unsure', output_formats: ['ndjson'] },
    });
    return attune.once(id, ({ status }) => status === 'awaiting_review');
  };

  test('an unsure job waits for a person, who answers with a mapping; then it completes with that mapping', async () => {
    const job = await asked();
    expect(job).toMatchObject({ waiting_for: { reason: 'review' }, stage: 'plan', completed_at: null });
    expect(job.stages.map(({ status }) => status)).toEqual(['done', 'done', 'waiting', 'waiting', 'waiting']);
    const route = jobPaths(job.job_id).mapping;
    const read = await attune.request(route);
    const etag = read.headers.get('etag')!;
    const mapping = (await read.json()) as { fields: { field: string }[]; carried: { ordinal: number; name: string }[] };
    const [mystery] = mapping.carried;
    const given = { fields: [...mapping.fields, { field: 'last_name', from: [mystery] }] };
    expect(await problemOf(await attune.send(route, 'PUT', {}, given))).toMatchObject({ status: 428, code: 'precondition_required' });
    expect((await problemOf(await attune.send(route, 'PUT', { 'If-Match': '"x"' }, given))).code).toBe('precondition_failed');
    expect((await problemOf(await attune.send(route, 'PUT', { 'If-Match': etag }, { fields: 7 }))).code).toBe('validation_failed');
    const unfit = { fields: [{ field: 'patient_id', from: [{ ordinal: 9, name: 'nowhere' }] }] };
    expect((await problemOf(await attune.send(route, 'PUT', { 'If-Match': etag }, unfit))).code).toBe('mapping_invalid');
    expect((await attune.job(job.job_id)).status).toBe('awaiting_review');
    const answered = await attune.send(route, 'PUT', { 'If-Match': etag }, given);
    expect(answered.status).toBe(202);
    JobBody.parse(await answered.json());
    expect((await attune.ended(job.job_id)).status).toBe('completed');
    expect((await attune.rows(job.job_id))[0]).toMatchObject({ patient_id: 'P0', last_name: 'X0' });
    const types = linesOf(await (await attune.request(jobPaths(job.job_id).logs)).text()).map((line) => LogLine.parse(line).type);
    expect(types.filter((type) => type.startsWith('review.'))).toEqual(['review.requested', 'review.answered']);
    const late = await problemOf(await attune.send(route, 'PUT', { 'If-Match': etag }, given));
    expect(late).toMatchObject({ status: 409, code: 'conflict_state', detail: expect.stringContaining('clone') as string });
    const plans = (await attune.read(ArtifactList, jobPaths(job.job_id).artifacts)).data.filter(({ kind }) => kind === 'plan');
    expect(plans).toHaveLength(1);
    const blobs = path.join(attune.server.dataDir, 'blobs');
    const stored = fs
      .readdirSync(blobs, { recursive: true, encoding: 'utf8' })
      .filter((name) => name.includes(`${job.job_id.slice(4)}/plan/`));
    expect(stored.filter((name) => name.endsWith('plan.json'))).toHaveLength(1);
  });

  test('a job in review is cancelled at once and holds no worker', async () => {
    const { job_id: id } = await asked();
    expect((await attune.read(AttemptList, jobPaths(id).attempts)).data.every(({ outcome }) => outcome === 'done')).toBe(true);
    expect(JobBody.parse(await (await attune.send(jobActions(id).cancel, 'POST')).json()).status).toBe('cancelled');
  });

  test('the request id of the submit is kept with the job', async () => {
    const answer = await attune.post({ bytes: SMALL }, { 'X-Request-Id': 'trace-me-17' });
    const { job_id: id } = JobBody.parse(await answer.json());
    const { rows } = await attune.withDatabase((database) =>
      database.query('SELECT request_id FROM attune.jobs WHERE id = $1', [id.slice(4)]),
    );
    expect(rows).toEqual([{ request_id: 'trace-me-17' }]);
  });
});
