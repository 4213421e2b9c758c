import { createHash } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { exampleJob, type JobBody, JobOptionsRequest } from '@attune/api';

export const KEY = 'att_live_of_the_test';
export const RESULT = 'patient_id,first_name\nP1,Quentin\n';
export const REPORT = '<!doctype html><title>A report – of counts</title>';

/** A server that behaves like Attune as far as the command line can see: it checks the key, keeps jobs and moves them on with every look. */
export class FakeAttune {
  readonly jobs = new Map<string, JobBody>();
  readonly files: { name: string; text: string }[] = [];
  ending: Partial<JobBody> = { status: 'completed' };
  digest = createHash('sha256').update(RESULT).digest('base64');
  quarantine: string | undefined = 'member,record\r\n';
  /** Bytes of the one upload, and how many of its requests are cut off. */
  upload = Buffer.alloc(0);
  uploadBytes = 0;
  cuts = 0;
  /** The `webhook_url` of the last submit. */
  toldAt: string | undefined;

  async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '', 'http://x');
    const [, id = '', view = ''] = /^\/api\/v1\/jobs\/([^/]+)\/?(.*)$/.exec(url.pathname) ?? [];
    if (url.pathname.startsWith('/health') || url.pathname === '/api/v1/health') return json(response, 200, healthOf(url.pathname));
    if (url.pathname.startsWith('/store/')) return this.#store(request, response);
    if (request.headers.authorization !== `Bearer ${KEY}`) return problem(response, 401, 'unauthenticated');
    if (url.pathname.startsWith('/api/v1/uploads')) return this.#upload(request, response);
    if (request.method === 'POST' && url.pathname === '/api/v1/jobs') return this.#submit(request, response);
    if (url.pathname === '/api/v1/jobs') return json(response, 200, { data: [...this.jobs.values()], next_cursor: null, has_more: false });
    const job = this.jobs.get(id);
    if (job === undefined) return problem(response, 404, 'not_found');
    this.#view(job, view, url, response);
  }

  async #upload(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const id = 'up_0197c0de-1111-7222-8333-000000000001';
    if (request.method === 'POST' && request.headers['content-type'] === 'application/json') {
      await this.#direct(id, request, response);
    } else if (request.method === 'POST') {
      this.uploadBytes = Number(request.headers['upload-length']);
      response.writeHead(201, { location: `/api/v1/uploads/${id}` }).end();
    } else if (request.method === 'PATCH') {
      const sent = await bytesOf(request);
      const cut = this.cuts-- > 0;
      this.upload = Buffer.concat([this.upload, cut ? sent.subarray(0, 1) : sent]);
      if (cut) request.socket.destroy();
      else response.writeHead(204).end();
    } else {
      const whole = this.upload.length === this.uploadBytes;
      const [bytes, bytes_received] = [this.uploadBytes, this.upload.length];
      json(response, 200, {
        ...{ upload_id: id, bytes, bytes_received, name: 'people.csv', sha256: null, dataset_id: whole ? 'ds_1' : null },
        ...{ created_at: '2026-03-02T09:00:00Z', expires_at: '2026-03-03T09:00:00Z' },
      });
    }
  }

  /** An upload of one part, which goes elsewhere, and its completion. */
  async #direct(id: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const asked = JSON.parse((await bytesOf(request)).toString()) as { bytes?: number; sha256?: string };
    const times = { created_at: '2026-03-02T09:00:00Z', expires_at: '2026-03-03T09:00:00Z' };
    if (asked.bytes !== undefined) {
      const url = `http://${request.headers.host}/store/1`;
      const part = { number: 1, bytes: asked.bytes, arrived: false, url, url_expires_at: times.expires_at };
      json(response, 201, { upload_id: id, bytes: asked.bytes, part_bytes: asked.bytes, parts: [part], ...times });
    } else if (asked.sha256 !== createHash('sha256').update(this.upload).digest('hex')) {
      problem(response, 422, 'checksum_mismatch');
    } else {
      const bytes = this.upload.length;
      json(response, 200, { upload_id: id, bytes, bytes_received: bytes, name: null, dataset_id: 'ds_1', sha256: asked.sha256, ...times });
    }
  }

  async #store(request: IncomingMessage, response: ServerResponse): Promise<void> {
    this.upload = await bytesOf(request);
    response.writeHead(request.headers.authorization === undefined ? 200 : 400).end();
  }

  async #submit(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await bytesOf(request);
    if (request.headers['content-type'] === 'application/json') {
      const asked = JSON.parse(body.toString()) as { input: { upload_id: string }; operation: string; webhook_url?: string };
      const { input, operation } = asked;
      this.toldAt = asked.webhook_url;
      const job: JobBody = { ...exampleJob, operation, status: 'pending', progress: 0 };
      this.files.push({ name: input.upload_id, text: this.upload.toString() });
      this.jobs.set(job.job_id, job);
      return json(response, 202, job);
    }
    const form = await new Response(body, {
      headers: { 'content-type': request.headers['content-type'] ?? '' },
    }).formData();
    this.toldAt = (form.get('webhook_url') as string | null) ?? undefined;
    const file = form.get('file') as File;
    this.files.push({ name: file.name, text: await file.text() });
    const job_id = `job_0197c0de-1111-7222-8333-${String(this.jobs.size).padStart(12, '0')}`;
    const options = JobOptionsRequest.parse(JSON.parse(form.get('options') as string));
    const job: JobBody = { ...exampleJob, job_id, operation: form.get('operation') as string, status: 'pending', progress: 0, options };
    this.jobs.set(job_id, job);
    json(response, 202, job);
  }

  #view(job: JobBody, view: string, url: URL, response: ServerResponse): void {
    if (view === 'status') {
      const next: JobBody =
        job.status === 'pending' ? { ...job, status: 'processing', progress: 40 } : { ...job, ...ended, ...this.ending };
      this.jobs.set(job.job_id, next);
      return json(response, 200, next);
    }
    if (view === '') return json(response, 200, job);
    if (view === 'quality') return json(response, 200, quality);
    if (view === 'report') {
      response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' }).end(REPORT);
      return;
    }
    if (view === 'artifacts/manifest') return json(response, 200, manifestOf(job));
    if (view === 'quarantine/download') return this.#quarantine(url, response);
    if (view === 'result') {
      response.writeHead(200, { 'repr-digest': `sha-256=:${this.digest}:` }).end(RESULT);
      return;
    }
    problem(response, 404, 'not_found');
  }

  #quarantine(url: URL, response: ServerResponse): void {
    if (this.quarantine === undefined || url.searchParams.get('format') !== 'csv') return problem(response, 409, 'conflict_state');
    response.end(this.quarantine);
  }
}

async function bytesOf(request: IncomingMessage): Promise<Buffer<ArrayBuffer>> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

export const ledger = {
  stage: 'transform',
  unit: 'record',
  records_in: 1000,
  records_out: 950,
  records_quarantined: 30,
  records_merged: 20,
  records_dropped: 0,
};
export const ended: Partial<JobBody> = {
  status: 'completed',
  progress: 100,
  completed_at: '2026-03-02T09:00:03.500Z',
  row_ledger: [{ ...ledger, drop_reasons: {} }],
};
const judged = { status: 'scored', numerator: 9, denominator: 10, score: 90 };
export const quality = {
  version: 2,
  entity: 'person',
  received_at: '2026-03-02T09:00:00.000Z',
  records: { in: 1000, out: 950, quarantined: 30, merged: 20, dropped: 0 },
  dimensions: { completeness: judged, validity: judged, uniqueness: judged, consistency: judged, accuracy: judged, timeliness: judged },
  fields: [],
  rules: [],
  overall: 90,
  previous: null,
};

export function manifestOf(job: JobBody): object {
  return {
    version: 1,
    job_id: job.job_id,
    generation: 1,
    dataset: { id: job.input.dataset_id, sha256: job.input.sha256, bytes: job.input.bytes },
    engine_version: '1',
    created_at: '2026-03-02T09:00:03Z',
    mapping: { version: 1, entity: 'person', fields: 2, carried: 0 },
    row_ledger: [],
    outputs: [],
  };
}

function healthOf(path: string): object {
  const check = { healthy: true, since: null, code: null };
  const checks = { database: check, queue: check, storage: check };
  return path === '/health/ready' ? { status: 'ready', checks } : { status: 'healthy', version: '0.1.0', checks };
}

export function json(response: ServerResponse, status: number, body: unknown, type = 'application/json'): void {
  response.writeHead(status, { 'content-type': type }).end(JSON.stringify(body));
}

export function problem(response: ServerResponse, status: number, code: string, retryable = false): void {
  const body = { type: `/problems/${code}`, title: 'Title', status, detail: 'Detail.', code, request_id: 'r1', retryable };
  json(response, status, body, 'application/problem+json');
}
