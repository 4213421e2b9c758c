import { randomUUID } from 'node:crypto';
import fs from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { jobActions, JobBody, jobPaths, JobStatusBody, LogLine, ProgressEvent } from '@attune/api';
import { allFrames, framesOf } from './events-of.js';
import { Installation, linesOf, problemOf, ROOT, type Upload } from './installation.js';
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

const upTo = (n: number, after = 0): number[] => Array.from({ length: n - after }, (_, i) => after + i + 1);

describe('events', () => {
  test('the stream tells the whole history once, resumes after any event, and ends with the job', async () => {
    const { job_id: id } = await attune.submit(manyMembers(7));
    const answer = await attune.request(jobPaths(id).events);
    expect([answer.status, answer.headers.get('content-type')]).toEqual([200, expect.stringMatching(/^text\/event-stream\b/)]);
    const frames = await allFrames(answer);
    expect(frames[0]).toEqual({ retry: 3000 });
    const numbered = frames.filter((frame) => frame.id !== undefined);
    const log = linesOf(await (await attune.request(jobPaths(id).logs)).text());
    expect(numbered.map(({ data }) => data)).toEqual(log);
    for (const { event, id: seq, data } of numbered) expect(LogLine.parse(data)).toMatchObject({ seq, type: event });
    expect(numbered.at(-1)).toMatchObject({ event: 'job.status_changed', data: { data: { status: 'completed' } } });
    const progress = frames.filter(({ event }) => event === 'job.progress').map(({ data }) => ProgressEvent.parse(data).progress);
    expect(progress.length).toBeGreaterThan(2);
    expect(progress).toEqual([...progress].sort((a, b) => a - b));
    for (const after of [0, 1, 5, log.length - 1]) {
      const resumed = await allFrames(await attune.request(jobPaths(id).events, { headers: { 'Last-Event-ID': String(after) } }));
      expect(resumed.flatMap((frame) => frame.id ?? [])).toEqual(upTo(log.length, after));
      const asked = await allFrames(await attune.request(`${jobPaths(id).events}?after=${after}`));
      expect(asked.flatMap((frame) => frame.id ?? [])).toEqual(upTo(log.length, after));
    }
    const nothing = await attune.request(jobPaths(id).events, { headers: { 'Last-Event-ID': String(log.length) } });
    expect([nothing.status, await nothing.text()]).toEqual([204, '']);
  });

  test('what is no place to resume from is refused, and so is a job that is not there', async () => {
    expect((await problemOf(await attune.request(`${jobPaths(members.job_id).events}?after=x`))).code).toBe('validation_failed');
    const answer = await attune.request(jobPaths(members.job_id).events, { headers: { 'Last-Event-ID': '1e9' } });
    expect((await problemOf(answer)).code).toBe('validation_failed');
    expect((await problemOf(await attune.request(jobPaths(`job_${randomUUID()}`).events))).code).toBe('not_found');
  });

  test('beyond the limit a stream is refused with a time to come back, and a stream that ends makes room', async () => {
    const { job_id: id } = await attune.submit(manyMembers(7));
    const gone = new AbortController();
    const open = await Promise.all(Array.from({ length: 50 }, () => attune.request(jobPaths(id).events, { signal: gone.signal })));
    expect(new Set(open.map(({ status }) => status))).toEqual(new Set([200]));
    expect(await (await attune.request('/metrics')).text()).toMatch(/^sse_streams 50$/m);
    const refused = await attune.request(jobPaths(id).events);
    expect(refused.headers.get('retry-after')).toMatch(/^\d+$/);
    expect(await problemOf(refused)).toMatchObject({ status: 503, code: 'overloaded', retryable: true });
    gone.abort();
    let again = await attune.request(jobPaths(id).events);
    for (; again.status === 503; again = await attune.request(jobPaths(id).events)) await again.text();
    await attune.send(jobActions(id).cancel, 'POST');
    expect((await allFrames(again)).at(-1)).toMatchObject({ event: 'job.status_changed', data: { data: { status: 'cancelled' } } });
  });

  test('who does not read is closed, and resumes where it was', async () => {
    const { job_id: id } = await attune.run({ bytes: SMALL });
    const last = await attune.withDatabase(async (database) => {
      const { rows } = await database.query(
        `INSERT INTO attune.job_events (tenant_id, job_id, seq, type, level, message, data)
         SELECT tenant_id, id, n, 'job.log', 'info', repeat('planted ', 250), '{}' FROM attune.jobs, generate_series(100, 9000) n WHERE id = $1
         RETURNING seq`,
        [id.slice(4)],
      );
      return (rows as { seq: number }[]).at(-1)!.seq;
    });
    const { hostname, port } = new URL(attune.server.url);
    const socket = net.connect({ host: hostname, port: Number(port) });
    socket.write(`GET ${jobPaths(id).events} HTTP/1.1\r\nHost: attune\r\nAuthorization: ${attune.server.headers['Authorization']}\r\n\r\n`);
    const streams = async (): Promise<number> => Number(/^sse_streams (\d+)$/m.exec(await (await attune.request('/metrics')).text())![1]);
    await new Promise((resolve) => socket.once('readable', resolve)); // the answer has begun; what does not fit into a buffer is not read
    while ((await streams()) > 0) await new Promise((resolve) => setTimeout(resolve, 50));
    let received = '';
    socket.setEncoding('utf8').on('data', (chunk: string) => (received += chunk));
    await new Promise((resolve) => socket.once('close', resolve).resume());
    const place = Math.max(...[...received.matchAll(/^id: (\d+)$/gm)].map(([, seq]) => Number(seq)));
    expect(place).toBeLessThan(last);
    const rest = await allFrames(await attune.request(jobPaths(id).events, { headers: { 'Last-Event-ID': String(place) } }));
    expect(rest.flatMap((frame) => frame.id ?? [])).toEqual(upTo(last, place));
  });

  test('a server that stops ends its streams at once; the next one goes on with nothing lost', async () => {
    const { job_id: id } = await attune.submit(manyMembers(7));
    const seen: number[] = [];
    const first = await attune.request(jobPaths(id).events);
    const reading = (async () => {
      for await (const frame of framesOf(first)) if (frame.id !== undefined) seen.push(frame.id);
    })();
    await attune.once(id, ({ stages }) => stages.some(({ name, status }) => name === 'transform' && status === 'running'));
    const stopping = attune.server.stop();
    await reading;
    expect(await stopping).toBe(0);
    await attune.server.start();
    const resumed = await attune.request(jobPaths(id).events, { headers: { 'Last-Event-ID': String(seen.at(-1)) } });
    for (const frame of await allFrames(resumed)) if (frame.id !== undefined) seen.push(frame.id);
    const log = linesOf(await (await attune.request(jobPaths(id).logs)).text());
    expect(seen).toEqual(upTo(log.length));
    expect((await attune.job(id)).status).toBe('completed');
  });
});

describe('waiting', () => {
  test('a status that is waited for comes with the next version, at the end, or when the time is over', async () => {
    const { job_id: id } = await attune.submit(manyMembers(7));
    let status = await attune.read(JobStatusBody, `${jobPaths(id).status}?wait=30&since_version=0`);
    for (const began = Date.now(); status.status !== 'completed';) {
      const next = await attune.read(JobStatusBody, `${jobPaths(id).status}?wait=30&since_version=${status.version}`);
      expect(next.version).toBeGreaterThan(status.version);
      expect(Date.now() - began).toBeLessThan(60_000);
      status = next;
    }
    const began = Date.now();
    expect((await attune.read(JobStatusBody, `${jobPaths(id).status}?wait=30`)).status).toBe('completed');
    expect(Date.now() - began).toBeLessThan(2_000);
    for (const wrong of ['wait=61', 'wait=-1', 'wait=x', 'since_version=-1', 'colour=red'])
      expect((await problemOf(await attune.request(`${jobPaths(id).status}?${wrong}`))).code).toBe('validation_failed');
  });

  test('a submit that prefers to wait gets the finished job, and a short patience gets the accepted one', async () => {
    const headers = (prefer: string) => ({ Prefer: prefer, 'Idempotency-Key': randomUUID() });
    const submit = (upload: Upload, prefer: string) => attune.post(upload, headers(prefer));
    const ended = await submit({ bytes: SMALL }, 'wait=20');
    expect([ended.status, ended.headers.get('preference-applied')]).toEqual([200, 'wait=20']);
    expect(JobBody.parse(await ended.json())).toMatchObject({ status: 'completed' });
    const accepted = await submit(manyMembers(7), 'respond-async, wait=1');
    expect([accepted.status, accepted.headers.get('preference-applied')]).toEqual([202, 'wait=1']);
    const { job_id: id } = JobBody.parse(await accepted.json());
    expect((await submit({ bytes: SMALL }, 'respond-async')).headers.get('preference-applied')).toBe('respond-async');
    expect((await submit({ bytes: SMALL }, 'handling=strict')).headers.get('preference-applied')).toBeNull();
    await attune.send(jobPaths(id).self, 'DELETE');
    await attune.ended(id);
  });
});

describe('logs', () => {
  test('pages of the log make up the whole log, at every level', async () => {
    const { logs } = jobPaths(members.job_id);
    for (const level of ['debug', 'info', 'error']) {
      const whole = linesOf(await (await attune.request(`${logs}?level=${level}`)).text());
      const paged: unknown[] = [];
      for (let route: string | undefined = `${logs}?level=${level}&limit=3`; route !== undefined;) {
        const answer: Response = await attune.request(route);
        paged.push(...linesOf(await answer.text()));
        route = /^<(.+)>; rel="next"$/.exec(answer.headers.get('link') ?? '')?.[1];
      }
      expect(paged).toEqual(whole);
    }
    expect(linesOf(await (await attune.request(`${logs}?level=error`)).text())).toEqual([]);
    for (const wrong of ['level=loud', 'limit=0', 'follow=maybe', 'colour=red'])
      expect((await problemOf(await attune.request(`${logs}?${wrong}`))).code).toBe('validation_failed');
    expect((await problemOf(await attune.request(`${logs}?cursor=x`))).code).toBe('cursor_invalid');
  });

  test('a log that is followed goes on until the job ends', async () => {
    const { job_id: id } = await attune.submit({ bytes: SMALL });
    const followed = (await allFrames(await attune.request(`${jobPaths(id).logs}?follow=true&level=info`))).flatMap(
      ({ data }) => data ?? [],
    );
    expect(followed).toEqual(linesOf(await (await attune.request(`${jobPaths(id).logs}?level=info`)).text()));
    expect(followed.length).toBeGreaterThan(8);
  });
});
