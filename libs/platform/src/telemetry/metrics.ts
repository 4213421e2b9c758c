import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';

/** The metrics of one process (observability.md, section 1). Labels are bounded; no ids, no tenants. */
export class Metrics {
  readonly registry = new Registry();

  readonly jobsProcessed = this.#counter('jobs_processed_total', 'Jobs that reached a terminal status.', ['status']);
  readonly jobsFailed = this.#counter('jobs_failed_total', 'Jobs that failed, by the class of their error.', ['error_class']);
  readonly jobsSubmitted = this.#counter('jobs_submitted_total', 'Jobs accepted.', ['operation_type', 'source']);
  readonly jobsRedriven = this.#counter('jobs_redriven_total', 'Failed and expired jobs that were told to go on.', ['error_class']);
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
  readonly resultsReused = this.#counter('results_reused_total', 'Stages that took over what a job before had made of the same.', [
    'stage',
  ]);
  readonly leasesExpired = this.#counter('leases_expired_total', 'Stages taken over from a lost worker.', ['stage']);
  readonly fencedWrites = this.#counter('fenced_writes_total', 'Outcomes refused because the epoch was over.', ['stage']);
  readonly reconcilerRepairs = this.#counter('reconciler_repairs_total', 'Things the reconciler had to set right.', ['kind']);
  readonly listenersRebuilt = this.#counter(
    'queue_listeners_rebuilt_total',
    'Clients of the queue that were replaced because they heard no ring although rings waited.',
    ['service'],
  );
  readonly recordsProcessed = this.#counter('records_processed_total', 'Records by what became of them.', ['stage', 'result']);
  readonly warehouseRows = this.#counter('warehouse_rows_loaded_total', 'Rows of results that were loaded into the warehouse.', ['entity']);
  readonly bytesProcessed = this.#counter('bytes_processed_total', 'Bytes received and delivered.', ['direction']);
  readonly uploadBytes = this.#counter('upload_bytes_total', 'Bytes of uploads.', []);
  readonly idempotentReplays = this.#counter('idempotent_replays_total', 'Answers replayed for a repeated key.', []);
  readonly authFailures = this.#counter('auth_failures_total', 'Requests without a valid key.', ['reason']);
  readonly rateLimited = this.#counter('rate_limited_total', 'Requests refused because a rate limit was used up.', ['policy']);
  readonly quotaRejections = this.#counter('quota_rejections_total', 'Requests refused because a quota was used up.', ['quota', 'tier']);
  readonly requestsShed = this.#counter('requests_shed_total', 'Requests refused because the installation is short of something.', [
    'reason',
  ]);
  readonly httpRequests = this.#counter('http_requests_total', 'HTTP requests.', ['route', 'method', 'code']);
  readonly httpDuration = this.#histogram(
    'http_request_duration_seconds',
    'HTTP requests.',
    ['route', 'method', 'code_class'],
    [0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.3, 0.5, 1, 2.5, 5, 10],
  );
  readonly jobReads = this.#counter('job_reads_total', 'Reads of one job, by where the answer was.', ['from']);
  readonly httpInflight = this.#gauge('http_inflight', 'HTTP requests being answered.', []);
  readonly sseStreams = this.#gauge('sse_streams', 'Streams of events that are open.', []);
  readonly grpcHandled = this.#counter('grpc_server_handled_total', 'Calls of the synchronous door.', ['service', 'method', 'code']);
  readonly grpcDuration = this.#histogram(
    'grpc_server_handling_seconds',
    'Calls of the synchronous door.',
    ['service', 'method'],
    [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30],
  );
  readonly webhookDeliveries = this.#counter('webhook_deliveries_total', 'Tries to deliver to webhooks by what came of them.', ['outcome']);
  readonly webhookDuration = this.#histogram(
    'webhook_delivery_seconds',
    'Tries to deliver to webhooks that were answered.',
    [],
    [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
  );
  readonly scheduleFires = this.#counter('schedule_fires_total', 'Due times of schedules by what became of them.', ['outcome']);
  readonly scheduleLag = this.#gauge(
    'schedule_lag_seconds',
    'For how long the longest due schedule had waited at the last pass, leader only.',
    [],
  );
  readonly canaryJobs = this.#counter(
    'canary_jobs_total',
    'Jobs of a known result, by what came of them; where ATTUNE_CANARY_SECONDS is set.',
    ['outcome'],
  );
  readonly canarySucceeded = this.#gauge(
    'canary_last_success_timestamp_seconds',
    'When the last job of a known result had it; absent before the first time.',
    [],
  );
  readonly dependencyUp = this.#gauge('dependency_up', 'Whether a dependency answers.', ['dep']);
  readonly circuitState = this.#gauge(
    'circuit_state',
    'Circuit breaker of a dependency: 0 closed, 1 one request tries whether it works again, 2 open.',
    ['dep'],
  );
  readonly workerSlots = this.#gauge('worker_slots', 'Stages a worker can work on at once, by what they do.', ['service', 'state']);
  readonly childRss = this.#gauge('worker_child_rss_bytes', 'Largest resident memory that a living engine process has reported.', []);
  readonly childExits = this.#counter('worker_child_exits_total', 'Engine processes that ended.', ['reason']);
  readonly scratchFree = this.#gauge('scratch_free_ratio', 'Free share of the file system of the scratch directory.', []);
  readonly dbPool = this.#gauge('db_pool', 'Connections of the pool to the database.', ['state']);
  readonly buildInfo = this.#gauge('build_info', 'Always 1; what is running.', ['version', 'commit']);
  readonly backlogJobs = this.#gauge('queue_backlog_jobs', 'Ready stages nobody works on.', ['stage', 'class']);
  readonly backlogAge = this.#gauge('queue_backlog_age_seconds', 'Age of the oldest ready stage.', ['stage', 'class']);
  readonly inflight = this.#gauge('queue_inflight', 'Stages being worked on.', ['stage']);
  readonly jobsWithQuarantine = this.#counter('jobs_with_quarantine_total', 'Completed jobs that have set records aside.', [
    'operation_type',
  ]);
  readonly retries = this.#counter('job_retries_total', 'Attempts that failed and are tried again.', ['stage', 'error_class']);
  readonly cancelLatency = this.#histogram(
    'job_cancel_latency_seconds',
    'From the request to cancel to the terminal status.',
    [],
    [0.05, 0.1, 0.25, 0.5, 1, 2, 3, 5, 10, 30],
  );
  readonly conservationViolations = this.#counter(
    'row_conservation_violations_total',
    'Row ledgers refused because they do not add up; must be 0.',
    [],
  );
  readonly queryDuration = this.#histogram(
    'query_duration_seconds',
    'Execution time of a named query.',
    ['query', 'store'],
    [0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.3, 0.5, 1, 2.5, 5, 10],
  );
  readonly qualityScore = this.#gauge('data_quality_score', 'Score of the dataset that was checked last, 0 to 100.', ['dimension']);
  readonly mappingConfidence = this.#histogram(
    'mapping_confidence',
    'Confidence of the field mappings that plans apply.',
    [],
    [0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.97, 0.99, 1],
  );
  readonly gcDeleted = this.#counter('gc_deleted_total', 'Objects and rows that the garbage collector has removed.', ['kind']);
  readonly gcDeletedBytes = this.#counter('gc_deleted_bytes_total', 'Bytes of the objects that the garbage collector has removed.', [
    'kind',
  ]);
  readonly retentionExpired = this.#counter('retention_expired_total', 'Jobs and datasets removed because their time was over.', ['kind']);
  readonly dlqJobs = this.#gauge('dlq_jobs', 'Failed jobs by the class of their error; from the database, leader only.', ['error_class']);
  readonly storageUsed = this.#gauge('storage_used_bytes', 'Bytes of stored objects by their rows, leader only.', ['backend', 'layer']);
  readonly storageObjects = this.#gauge('storage_objects', 'Stored objects by their rows, leader only.', ['backend', 'layer']);
  readonly pgConnections = this.#gauge('pg_connections_ratio', 'Used share of the connections of the database, leader only.', []);
  readonly pgXminAge = this.#gauge('pg_xmin_age_seconds', 'Age of the oldest open transaction, leader only.', []);
  readonly pgDeadTuples = this.#gauge('pg_dead_tuples', 'Dead rows that wait for a vacuum, leader only.', ['table']);
  readonly redisMemory = this.#gauge('redis_memory_ratio', 'Used share of the memory that Redis may take, leader only.', []);
  readonly redisPolicy = this.#gauge('redis_eviction_policy_ok', '1 when Redis evicts nothing, leader only.', []);
  readonly backupTaken = this.#gauge(
    'backup_last_success_timestamp_seconds',
    'When attune backup last ended well; absent before the first time, leader only.',
    [],
  );
  readonly leader = this.#gauge('reconciler_leader', '1 in the one process that exports what is true of all jobs.', []);
  readonly lostJobs = this.#gauge('lost_jobs', 'Accepted jobs that nothing will move again; must be 0.', []);

  constructor() {
    collectDefaultMetrics({ register: this.registry });
    // Gauges named as if they were counters; promtool refuses them, and the same numbers are there under their kinds.
    for (const what of ['handles', 'requests', 'resources']) this.registry.removeSingleMetric(`nodejs_active_${what}_total`);
    this.forgetTruth();
  }

  /** Whoever does not lead says nothing of all jobs together, rather than 0 or something old. */
  forgetTruth(): void {
    for (const gauge of [this.backlogJobs, this.backlogAge, this.inflight, this.dlqJobs]) gauge.reset();
    for (const gauge of [this.storageUsed, this.storageObjects, this.pgDeadTuples]) gauge.reset();
    for (const gauge of [this.lostJobs, this.pgConnections, this.pgXminAge, this.redisMemory, this.redisPolicy]) gauge.remove();
    for (const gauge of [this.scheduleLag, this.backupTaken]) gauge.remove();
    this.leader.set(0);
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
