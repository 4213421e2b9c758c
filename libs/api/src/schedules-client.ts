import type { ClientOptions } from './client.js';
import { JobBody } from './job.api.js';
import {
  FireList,
  type FireListQuery,
  ScheduleBody,
  type ScheduleChangeRequest,
  ScheduleList,
  schedulePaths,
  type ScheduleRequest,
} from './schedule.api.js';
import { Transport } from './transport.js';

interface Cancellable {
  readonly signal?: AbortSignal;
}

const SCHEDULES = '/api/v1/schedules';
const JSON_BODY = { 'content-type': 'application/json' };

/** Schedules over HTTP. Every call throws ApiProblem, Unreachable or UnexpectedAnswer. */
export class SchedulesClient {
  readonly #http: Transport;
  /** What creates or changes and was not answered may have happened: it is not tried again. */
  readonly #once: Transport;
  readonly #newKey: () => string;

  constructor(options: ClientOptions) {
    this.#http = new Transport(options);
    this.#once = new Transport({ ...options, tries: 1 });
    this.#newKey = options.newKey;
  }

  create(schedule: ScheduleRequest, options: Cancellable = {}): Promise<ScheduleBody> {
    return this.#once.read(ScheduleBody, SCHEDULES, { method: 'POST', headers: JSON_BODY, body: JSON.stringify(schedule), ...options });
  }

  read(id: string, options: Cancellable = {}): Promise<ScheduleBody> {
    return this.#http.read(ScheduleBody, schedulePaths(id).self, options);
  }

  /** One page, newest first. */
  list(query: { readonly limit?: number; readonly cursor?: string } = {}, options: Cancellable = {}): Promise<ScheduleList> {
    return this.#http.read(ScheduleList, SCHEDULES, { query, ...options });
  }

  /** `precondition_failed` when `version` is not the latest. */
  change(id: string, version: number, change: ScheduleChangeRequest, options: Cancellable = {}): Promise<ScheduleBody> {
    const headers = { ...JSON_BODY, 'if-match': `"${version}"` };
    return this.#once.read(ScheduleBody, schedulePaths(id).self, { method: 'PATCH', headers, body: JSON.stringify(change), ...options });
  }

  async remove(id: string, options: Cancellable = {}): Promise<void> {
    await this.#http.send(schedulePaths(id).self, { method: 'DELETE', ...options });
  }

  pause(id: string, options: Cancellable = {}): Promise<ScheduleBody> {
    return this.#http.read(ScheduleBody, schedulePaths(id).pause, { method: 'POST', ...options });
  }

  resume(id: string, options: Cancellable = {}): Promise<ScheduleBody> {
    return this.#http.read(ScheduleBody, schedulePaths(id).resume, { method: 'POST', ...options });
  }

  /** Its job, made now; under the same `idempotencyKey` one job, however often it is asked for. */
  trigger(id: string, { idempotencyKey, ...options }: Cancellable & { readonly idempotencyKey?: string } = {}): Promise<JobBody> {
    const headers = { 'idempotency-key': idempotencyKey ?? this.#newKey() };
    return this.#http.read(JobBody, schedulePaths(id).trigger, { method: 'POST', headers, ...options });
  }

  /** One page of what became of due times, newest first. */
  history(id: string, query: Partial<FireListQuery> = {}, options: Cancellable = {}): Promise<FireList> {
    return this.#http.read(FireList, schedulePaths(id).history, { query, ...options });
  }
}
