import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';

/** The metrics of one process (observability.md, section 1). Labels are bounded; no ids, no tenants. */
export class Metrics {
  readonly registry = new Registry();

  readonly jobsProcessed = this.#counter('jobs_processed_total', 'Jobs that reached a terminal status.', ['status']);
  readonly jobsSubmitted = this.#counter('jobs_submitted_total', 'Jobs accepted.', ['operation_type', 'source']);
  readonly jobDuration = this.#histogram(
    'job_processing_duration_seconds',
    'From submission to the terminal status.',
    ['operation_type'],
    [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600, 1800, 3600, 7200],
  );
  readonly queueWait = this.#histogram(
    'job_queue_wait_seconds',
    'From ready to claimed.',
    ['operation_type', 'class'],
    [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 15, 60, 300],
  );
  readonly stageDuration = this.#histogram(
    'job_stage_duration_seconds',
    'One attempt at a stage.',
    ['stage', 'outcome'],
    [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1800],
  );
  readonly attempts = this.#counter('job_attempts_total', 'Attempts at stages.', ['stage', 'outcome']);
  readonly leasesExpired = this.#counter('leases_expired_total', 'Stages taken over from a lost worker.', ['stage']);
  readonly fencedWrites = this.#counter('fenced_writes_total', 'Outcomes refused because the epoch was over.', ['stage']);
  readonly reconcilerRepairs = this.#counter('reconciler_repairs_total', 'Things the reconciler had to set right.', ['kind']);
  readonly recordsProcessed = this.#counter('records_processed_total', 'Records by what became of them.', ['stage', 'result']);
  readonly bytesProcessed = this.#counter('bytes_processed_total', 'Bytes received and delivered.', ['direction']);
  readonly uploadBytes = this.#counter('upload_bytes_total', 'Bytes of uploads.', []);
  readonly idempotentReplays = this.#counter('idempotent_replays_total', 'Answers replayed for a repeated key.', []);
  readonly authFailures = this.#counter('auth_failures_total', 'Requests without a valid key.', ['reason']);
  readonly httpRequests = this.#counter('http_requests_total', 'HTTP requests.', ['route', 'method', 'code']);
  readonly httpDuration = this.#histogram(
    'http_request_duration_seconds',
    'HTTP requests.',
    ['route', 'method', 'code_class'],
    [0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.3, 0.5, 1, 2.5, 5, 10],
  );
  readonly httpInflight = this.#gauge('http_inflight', 'HTTP requests being answered.', []);
  readonly dependencyUp = this.#gauge('dependency_up', 'Whether a dependency answers.', ['dep']);
  readonly workerSlots = this.#gauge('worker_slots', 'Stages a worker can work on at once.', ['service']);
  readonly workerBusy = this.#gauge('worker_busy', 'Stages a worker is working on.', ['service']);
  readonly backlogJobs = this.#gauge('queue_backlog_jobs', 'Ready stages nobody works on.', ['stage', 'class']);
  readonly backlogAge = this.#gauge('queue_backlog_age_seconds', 'Age of the oldest ready stage.', ['stage', 'class']);
  readonly inflight = this.#gauge('queue_inflight', 'Stages being worked on.', ['stage']);
  readonly lostJobs = this.#gauge('lost_jobs', 'Accepted jobs that nothing will move again; must be 0.', []);

  constructor() {
    collectDefaultMetrics({ register: this.registry });
  }

  #counter<Label extends string>(name: string, help: string, labelNames: readonly Label[]): Counter<Label> {
    return new Counter({ name, help, labelNames, registers: [this.registry] });
  }

  #gauge<Label extends string>(name: string, help: string, labelNames: readonly Label[]): Gauge<Label> {
    return new Gauge({ name, help, labelNames, registers: [this.registry] });
  }

  #histogram<Label extends string>(name: string, help: string, labelNames: readonly Label[], buckets: number[]): Histogram<Label> {
    return new Histogram({ name, help, labelNames, buckets, registers: [this.registry] });
  }
}
