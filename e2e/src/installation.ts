import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { HealthBody, isTerminal, JobBody, jobPaths, MappingBody, ProblemBody, type QuarantineRecord, QuarantinePage } from '@attune/api';
import { ledgerGap } from '@attune/core';
import type { z } from 'zod';
import { AllInOne } from '../faults/all-in-one.mjs';
import { Attached } from '../faults/attached.mjs';
import { type Deployment, freePort } from '../faults/deployment.mjs';
import { Split } from '../faults/split.mjs';
import { verifiedFetch } from './contract.js';

export const ROOT = path.resolve(__dirname, '../..');
const ENDS_MS = 240_000;

export interface Upload {
  readonly bytes: Uint8Array | string;
  readonly name?: string;
  readonly operation?: string;
  readonly options?: unknown;
  readonly key?: string;
}

type Environment = Readonly<Record<string, string>>;

/** What jest.servers.mjs tells of the one it has started. */
interface SharedAttune {
  readonly url: string;
  readonly dataDir: string;
  readonly keys: Readonly<Record<string, string>>;
}

/** Whoever tests shares the machine with what is tested: how late it is says nothing about Attune. */
const UNSHED = { ATTUNE_SHED_LAG_MS: '0' };

/** One real Attune on a data directory of its own. Every body that it answers is parsed by its contract. */
export class Installation<Server extends Deployment = Deployment> {
  private constructor(
    readonly directory: string,
    readonly server: Server,
  ) {}

  /** The all-in-one. */
  static async start(environment: Environment = {}): Promise<Installation<AllInOne>> {
    const port = await freePort();
    return Installation.#started((dataDir) => new AllInOne(dataDir, port, { ...UNSHED, ...environment }));
  }

  /** The all-in-one that tests have in common, under a tenant of this file of tests: nobody sees what the others leave there. */
  static shared(): Installation<Attached> {
    const { url, dataDir, keys } = JSON.parse(process.env['TEST_ATTUNE']!) as SharedAttune;
    const key = keys[path.basename(expect.getState().testPath!)]!;
    return new Installation(fs.mkdtempSync(path.join(os.tmpdir(), 'attune-e2e-')), new Attached({ url, dataDir, key }));
  }

  /** Every service as processes of their own, so many of each. */
  static startSplit(environment: Environment = {}, copies = 2): Promise<Installation<Split>> {
    return Installation.#started((dataDir) => new Split(dataDir, { ...UNSHED, ...environment }, copies));
  }

  static async #started<Server extends Deployment>(make: (dataDir: string) => Server): Promise<Installation<Server>> {
    const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'attune-e2e-'));
    const made = new Installation(directory, make(path.join(directory, 'data')));
    try {
      await made.server.start();
    } catch (error) {
      await made.server.stop();
      throw error;
    }
    return made;
  }

  /** Stops in order and answers the exit code and the processes that outlived it. */
  async stop(): Promise<{ exitCode: number | null; left: readonly number[] }> {
    const exitCode = this.server.processes.some(({ pid }) => alive(pid)) ? await this.server.stop() : null;
    const left = this.server instanceof Attached ? [] : processesOf(this.server.dataDir);
    fs.rmSync(this.directory, { recursive: true, force: true });
    return { exitCode, left };
  }

  request(route: string, init: RequestInit = {}): Promise<Response> {
    return verifiedFetch(this.server.url + route, {
      ...init,
      headers: { ...this.server.headers, ...(init.headers as Record<string, string> | undefined) },
    });
  }

  async read<Schema extends z.ZodType>(schema: Schema, route: string): Promise<z.output<Schema>> {
    const answer = await this.request(route);
    const body: unknown = await answer.json();
    if (answer.status !== 200) throw new Error(`${route} answered ${answer.status} ${JSON.stringify(body)}`);
    return schema.parse(body);
  }

  /** A request with a JSON body, where one is given. */
  send(route: string, method: string, headers: Record<string, string> = {}, body?: unknown): Promise<Response> {
    const json = body === undefined ? {} : { body: JSON.stringify(body) };
    return this.request(route, {
      method,
      headers: { ...(body === undefined ? {} : { 'Content-Type': 'application/json' }), ...headers },
      ...json,
    });
  }

  post(upload: Upload, headers: Record<string, string> = {}): Promise<Response> {
    const key: Record<string, string> = upload.key === undefined ? {} : { 'Idempotency-Key': upload.key };
    return this.request('/api/v1/jobs', { method: 'POST', headers: { ...key, ...headers }, body: formOf(upload) });
  }

  async submit(upload: Upload): Promise<JobBody> {
    const answer = await this.post(upload);
    const body: unknown = await answer.json();
    if (answer.status !== 202) throw new Error(`submit answered ${answer.status} ${JSON.stringify(body)}`);
    return JobBody.parse(body);
  }

  job(id: string): Promise<JobBody> {
    return this.read(JobBody, jobPaths(id).self);
  }

  /** The job as soon as the fact holds. */
  async once(id: string, fact: (job: JobBody) => boolean): Promise<JobBody> {
    for (const deadline = Date.now() + ENDS_MS; ; await pause(20)) {
      const job = await this.job(id);
      if (fact(job)) return job;
      if (Date.now() > deadline) throw new Error(`job ${id} is ${job.status} in ${job.stage}`);
    }
  }

  ended(id: string): Promise<JobBody> {
    return this.once(id, ({ status }) => isTerminal(status));
  }

  async run(upload: Upload): Promise<JobBody> {
    return this.ended((await this.submit(upload)).job_id);
  }

  async quarantine(id: string): Promise<QuarantineRecord[]> {
    const records: QuarantineRecord[] = [];
    for (let cursor = ''; ;) {
      const page: QuarantinePage = await this.read(QuarantinePage, `${jobPaths(id).quarantine}?limit=200${cursor}`);
      records.push(...page.data);
      if (page.next_cursor === null) return records;
      cursor = `&cursor=${encodeURIComponent(page.next_cursor)}`;
    }
  }

  mapping(id: string): Promise<z.output<typeof MappingBody>> {
    return this.read(MappingBody, jobPaths(id).mapping);
  }

  async rows(id: string): Promise<Record<string, unknown>[]> {
    const text = await (await this.request(`${jobPaths(id).result}?format=ndjson`)).text();
    return linesOf(text) as Record<string, unknown>[];
  }

  async health(): Promise<number> {
    const answer = await this.request('/api/v1/health');
    HealthBody.parse(await answer.json());
    return answer.status;
  }

  blob(kind: string, id: string): Promise<string> {
    return this.withDatabase(async (database) => {
      const { rows } = await database.query('SELECT storage_key FROM attune.artifacts WHERE job_id = $1 AND kind = $2', [
        id.slice(4),
        kind,
      ]);
      return fs.readFileSync(path.join(this.server.dataDir, 'blobs', (rows[0] as { storage_key: string }).storage_key), 'utf8');
    });
  }

  async withDatabase<Found>(use: (database: Awaited<ReturnType<Deployment['database']>>) => Promise<Found>): Promise<Found> {
    const database = await this.server.database();
    try {
      return await use(database);
    } finally {
      await database.end();
    }
  }
}

export function formOf({ bytes, name = 'people.csv', operation, options }: Upload): FormData {
  const form = new FormData();
  if (operation !== undefined) form.set('operation', operation);
  if (options !== undefined) form.set('options', typeof options === 'string' ? options : JSON.stringify(options));
  form.set('file', new Blob([typeof bytes === 'string' ? bytes : new Uint8Array(bytes)]), name);
  return form;
}

export function linesOf(text: string): unknown[] {
  return text
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as unknown);
}

/** The problem, after every promise that each of them keeps. */
export async function problemOf(answer: Response): Promise<ProblemBody> {
  expect(answer.headers.get('content-type')).toMatch(/^application\/problem\+json/);
  const text = await answer.text();
  const problem = ProblemBody.parse(JSON.parse(text));
  expect(problem.status).toBe(answer.status);
  expect(problem.type).toBe(`/problems/${problem.code}`);
  for (const member of [problem.title, problem.detail, problem.instance, problem.request_id])
    expect(member).toEqual(expect.stringMatching(/./));
  expect(text).not.toMatch(/\n\s+at |node_modules|\.(ts|js):\d/);
  return problem;
}

/** in = out + quarantined + merged + dropped for every stage, and what one stage leaves the next one takes. */
export function expectConservation({ row_ledger: ledger }: JobBody): void {
  for (const row of ledger) {
    const gap = ledgerGap({
      recordsIn: row.records_in,
      recordsOut: row.records_out,
      recordsQuarantined: row.records_quarantined,
      recordsMerged: row.records_merged,
      recordsDropped: row.records_dropped,
      dropReasons: row.drop_reasons,
    });
    expect(gap).toBe(0);
  }
}

/** Every quarantined record lies where it says, and carries its own bytes. */
export function expectLocated(source: Uint8Array, records: readonly QuarantineRecord[]): void {
  let end = 0;
  for (const record of records) {
    expect(record.byte_offset).toBeGreaterThanOrEqual(end);
    end = record.byte_offset + record.byte_length;
    expect(end).toBeLessThanOrEqual(source.length);
    const bytes = Buffer.from(source.subarray(record.byte_offset, end));
    const carried = record.raw === undefined ? Buffer.from(record.raw_base64!, 'base64') : Buffer.from(record.raw);
    expect(carried.length).toBeGreaterThan(Math.min(bytes.length, 4096) - 4);
    expect(carried.equals(bytes.subarray(0, carried.length))).toBe(true);
    expect(record.line).toBe(physicalLine(source, record.byte_offset));
  }
}

function physicalLine(source: Uint8Array, offset: number): number {
  let line = 1;
  for (let i = 0; i < offset; i++) if (source[i] === 10 || (source[i] === 13 && source[i + 1] !== 10)) line++;
  return line;
}

function alive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false; // It has ended by itself, which is for the caller to judge.
  }
}

/** Processes that were started for this data directory and still live. */
function processesOf(dataDir: string): number[] {
  if (!fs.existsSync('/proc')) return [];
  return fs
    .readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .filter((pid) => {
      try {
        return (
          fs.readFileSync(`/proc/${pid}/environ`, 'utf8').includes(dataDir) ||
          fs.readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(dataDir)
        );
      } catch {
        return false; // It has ended meanwhile, or belongs to somebody else.
      }
    })
    .map(Number);
}
