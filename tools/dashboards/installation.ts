import { type Dashboard, graph, quantile, rate, stat } from './builder.js';

export const workers: Dashboard = {
  uid: 'attune-workers',
  title: 'Attune: workers and DuckDB',
  description: 'Use, saturation and errors of the processes that do the work.',
  alerts: ['NoWorkers', 'EngineDied', 'EventLoopLag', 'MemoryGrowth', 'ScratchDiskLow'],
  panels: [
    graph('Slots', 'short', 'All busy for long: more workers would shorten the wait.', [
      'sum by (service, state) (worker_slots{job="attune"})',
      '{{service}} {{state}}',
    ]),
    graph('Processors', 'short', 'Cores in use, by process; engine processes are not in it.', [
      'sum by (instance) (rate(process_cpu_seconds_total{job="attune"}[$__rate_interval]))',
      '{{instance}}',
    ]),
    graph('Memory of processes', 'bytes', 'A line that only rises under steady load is a leak.', [
      'process_resident_memory_bytes{job="attune"}',
      '{{instance}}',
    ]),
    graph('Memory of the largest engine process', 'bytes', 'Near the limit of the machine it will be killed.', [
      'worker_child_rss_bytes{job="attune"}',
      '{{instance}}',
    ]),
    graph('Engine processes that ended', 'ops', 'signal: nobody had asked for it.', [
      rate('worker_child_exits_total{job="attune"}', 'instance, reason'),
      '{{instance}} {{reason}}',
    ]),
    graph('Free share of the scratch disk', 'percentunit', 'Below 15 % a ticket is opened.', [
      'scratch_free_ratio{job="attune"}',
      '{{instance}}',
    ]),
    graph('Lag of the event loop', 's', '99th percentile. Beyond 0.1 s a ticket is opened.', [
      'nodejs_eventloop_lag_p99_seconds{job="attune"}',
      '{{instance}}',
    ]),
    graph('Garbage collection of Node', 'percentunit', 'Share of the time spent in it.', [
      rate('nodejs_gc_duration_seconds_sum{job="attune"}', 'instance'),
      '{{instance}}',
    ]),
    graph('Queries of DuckDB', 's', '95 % of the executions of each named query take less.', [
      quantile(0.95, 'query_duration_seconds_bucket{job="attune"}', 'query'),
      '{{query}}',
    ]),
    graph('Executions of queries', 'ops', 'By name.', [rate('query_duration_seconds_count{job="attune"}', 'query'), '{{query}}']),
  ],
};

export const stores: Dashboard = {
  uid: 'attune-stores',
  title: 'Attune: Postgres, queue and object store',
  description: 'What Attune depends on.',
  alerts: [
    'DependencyDown',
    'QueueDown',
    'CircuitOpen',
    'RedisMemory70',
    'RedisEvictionPolicyWrong',
    'PgConnSaturation',
    'PgXminAge',
    'PgDeadTuples',
    'BackupTooOld',
  ],
  panels: [
    graph('Dependencies that answer', 'short', '1 for yes; the lowest of all processes.', [
      'min by (dep) (dependency_up{job="attune"})',
      '{{dep}}',
    ]),
    graph('Circuit of the object store', 'short', '0 closed, 1 a request tries it, 2 open. Only with a bucket.', [
      'max by (dep) (circuit_state{job="attune"})',
      '{{dep}}',
    ]),
    graph('Connections of the database', 'percentunit', 'Used share of all that the server allows. Beyond 85 % a ticket is opened.', [
      'max(pg_connections_ratio{job="attune"})',
      'used',
    ]),
    graph('Connections of the pools', 'short', 'waiting above 0 for long: the pool or the database is too slow.', [
      'sum by (state) (db_pool{job="attune"})',
      '{{state}}',
    ]),
    graph('Age of the oldest transaction', 's', 'Beyond 600 s nothing can be vacuumed.', [
      'max(pg_xmin_age_seconds{job="attune"})',
      'oldest',
    ]),
    graph('Dead rows', 'short', 'The ten tables with most of them.', [
      'topk(10, max by (table) (pg_dead_tuples{job="attune"}))',
      '{{table}}',
    ]),
    graph('Memory of Redis', 'percentunit', 'Used share of maxmemory. Only with Redis.', ['max(redis_memory_ratio{job="attune"})', 'used']),
    stat('Redis evicts nothing', 'short', 'min(redis_eviction_policy_ok{job="attune"})', 'Must be 1. Only with Redis.'),
    stat(
      'Last backup',
      'dateTimeFromNow',
      'max(backup_last_success_timestamp_seconds{job="attune"}) * 1000',
      'Empty before the first `attune backup`.',
    ),
  ],
};

const api1 = 'job="attune", route=~"/api/v1/.+"';

export const api: Dashboard = {
  uid: 'attune-api',
  title: 'Attune: API',
  description: 'Rate, errors and duration of requests.',
  alerts: ['ApiBurnFast', 'ApiBurnSlow', 'LatencyBurn', 'EventLoopLag', 'WebhookFailing'],
  panels: [
    graph('Requests', 'ops', 'By route.', [rate(`http_requests_total{${api1}}`, 'method, route'), '{{method}} {{route}}']),
    graph('Refused and failed requests', 'ops', 'By code. 4xx is the client, 429 a limit, 5xx Attune or what it needs.', [
      rate(`http_requests_total{${api1}, code=~"4..|5.."}`, 'code'),
      '{{code}}',
    ]),
    graph('Duration of reads', 's', '99 % take less.', [
      quantile(0.99, `http_request_duration_seconds_bucket{${api1}, method="GET"}`, 'route'),
      '{{route}}',
    ]),
    graph(
      'Duration of POST /api/v1/jobs',
      's',
      'With the bytes in the request it lasts as long as the client sends.',
      [quantile(0.5, 'http_request_duration_seconds_bucket{job="attune", method="POST", route="/api/v1/jobs"}'), 'half'],
      [quantile(0.95, 'http_request_duration_seconds_bucket{job="attune", method="POST", route="/api/v1/jobs"}'), '95 %'],
    ),
    graph('Requests being answered', 'short', 'By process.', ['sum by (instance) (http_inflight{job="attune"})', '{{instance}}']),
    graph('Open streams of events', 'short', 'By process; ATTUNE_SSE_LIMIT bounds them.', [
      'sum by (instance) (sse_streams{job="attune"})',
      '{{instance}}',
    ]),
    graph('Bytes of uploads', 'Bps', 'Received from clients.', [rate('upload_bytes_total{job="attune"}'), 'uploads']),
    graph('Reads of jobs', 'ops', 'From memory or from the database.', [rate('job_reads_total{job="attune"}', 'from'), '{{from}}']),
    graph('Calls of the synchronous door', 'ops', 'gRPC, by method and code.', [
      rate('grpc_server_handled_total{job="attune"}', 'method, code'),
      '{{method}} {{code}}',
    ]),
    graph('Duration of calls', 's', 'gRPC; 95 % take less.', [
      quantile(0.95, 'grpc_server_handling_seconds_bucket{job="attune"}', 'method'),
      '{{method}}',
    ]),
    graph('Deliveries to webhooks', 'ops', 'By outcome.', [rate('webhook_deliveries_total{job="attune"}', 'outcome'), '{{outcome}}']),
    graph('Duration of deliveries', 's', '95 % of those that were answered take less.', [
      quantile(0.95, 'webhook_delivery_seconds_bucket{job="attune"}'),
      '95 %',
    ]),
  ],
};

export const tenants: Dashboard = {
  uid: 'attune-tenants',
  title: 'Attune: tenants and quotas',
  description: 'Who is refused what. No metric names a tenant; GET /api/v1/quotas/{tenant} does.',
  alerts: ['QuotaRejections', 'BacklogAgeHigh'],
  panels: [
    graph('Refused by quotas', 'ops', 'By quota and by whether something was decided for the tenant.', [
      rate('quota_rejections_total{job="attune"}', 'quota, tier'),
      '{{quota}} ({{tier}})',
    ]),
    graph('Refused by rate limits', 'ops', 'By policy.', [rate('rate_limited_total{job="attune"}', 'policy'), '{{policy}}']),
    graph('Refused because the installation is short of something', 'ops', 'disk, backlog or event_loop.', [
      rate('requests_shed_total{job="attune"}', 'reason'),
      '{{reason}}',
    ]),
    graph('Wait by class', 's', 'bulk waits longer than interactive, and never for ever.', [
      quantile(0.95, 'job_queue_wait_seconds_bucket{job="attune"}', 'class'),
      '95 %, {{class}}',
    ]),
    graph('Backlog by class', 'short', 'Ready stages nobody works on.', ['sum by (class) (queue_backlog_jobs{job="attune"})', '{{class}}']),
    graph('Bytes received', 'Bps', 'Of all tenants together.', [rate('bytes_processed_total{job="attune", direction="in"}'), 'in']),
  ],
};

export const security: Dashboard = {
  uid: 'attune-security',
  title: 'Attune: security',
  description: 'Who is turned away at the door, and which version stands there. There are no metrics of an audit trail yet.',
  alerts: ['AuthFailureSpike', 'RedisEvictionPolicyWrong', 'BackupTooOld'],
  panels: [
    graph('Requests without a valid key', 'ops', 'By reason.', [rate('auth_failures_total{job="attune"}', 'reason'), '{{reason}}']),
    graph('Refused requests', 'ops', '401 without a key, 403 beyond the key, 429 too many.', [
      rate('http_requests_total{job="attune", code=~"401|403|429"}', 'code'),
      '{{code}}',
    ]),
    graph('Requests for what is not there', 'ops', 'Routes that nobody has: somebody looks around.', [
      rate('http_requests_total{job="attune", route="unmatched"}', 'code'),
      '{{code}}',
    ]),
    graph('Deliveries refused by the egress guard', 'ops', 'Webhooks whose address may not be asked from here.', [
      rate('webhook_deliveries_total{job="attune", outcome="refused"}'),
      'refused',
    ]),
    graph('Versions at work', 'short', 'Processes by version.', [
      'count by (version, commit) (build_info{job="attune"})',
      '{{version}} {{commit}}',
    ]),
    stat(
      'Age of the oldest process',
      's',
      'max(time() - process_start_time_seconds{job="attune"})',
      'Since when something has not been restarted.',
    ),
  ],
};
